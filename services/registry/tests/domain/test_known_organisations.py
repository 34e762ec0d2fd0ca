"""The organisations that a new directory begins with."""

import re
from collections import Counter, defaultdict

from istmo_common.codelists import PARTNER_KINDS
from istmo_registry.domain.directory import KNOWN_DIRECTORY, KNOWN_ORGANISATIONS
from istmo_registry.domain.words import plain

_SEVEN = ("bz", "cr", "sv", "gt", "hn", "ni", "pa")


def test_identifiers_name_one() -> None:
    """No id and no identifier stands twice."""
    ids = Counter(known.id for known in KNOWN_ORGANISATIONS)
    identifiers = Counter(identifier.upper() for known in KNOWN_ORGANISATIONS for identifier in known.identifiers)
    assert [] == [text for counted in (ids, identifiers) for text, times in counted.items() if times > 1]


def test_names_name_one() -> None:
    """Whatever its case and accents, a name or alias belongs to one organisation, and none of them repeats another."""
    owners: dict[str, list[str]] = defaultdict(list)
    for known in KNOWN_ORGANISATIONS:
        assert len(known.aliases) == len({*known.aliases} - {known.names.es, known.names.en}), known.id
        for spelling in {plain(text) for text in (known.names.es, known.names.en, *known.aliases)}:
            owners[spelling].append(known.id)
    assert {} == {spelling: ids for spelling, ids in owners.items() if len(ids) > 1 or not spelling}


def test_families() -> None:
    """Every family exists, and nobody stands above itself, by whatever way."""
    ids = {known.id for known in KNOWN_ORGANISATIONS}
    for known in KNOWN_ORGANISATIONS:
        assert known.family is None or known.family in ids, known.id
        above = KNOWN_DIRECTORY.above(known.id)
        assert (known.family is None) == (not above), known.id
        assert KNOWN_DIRECTORY.above(above[-1] if above else known.id) == (), known.id


def test_as_the_api_takes_them() -> None:
    """Each could have been made known by the API: its id is spelled so, its family is of a like kind."""
    by_id = {known.id: known for known in KNOWN_ORGANISATIONS}
    for known in KNOWN_ORGANISATIONS:
        assert re.fullmatch(r"[a-z0-9][a-z0-9-]*", known.id)
        if known.kind in ("us-agency", "isthmus-government", "sica"):
            assert known.family is None or by_id[known.family].kind == known.kind, known.id


def test_who_matters_here_is_known() -> None:
    """Every kind of partner but none is there, and each of the seven with who keeps its public security and justice."""
    kinds = Counter(known.kind for known in KNOWN_ORGANISATIONS)
    assert set(PARTNER_KINDS) == set(kinds)
    for country in _SEVEN:
        government = f"{country}-government"
        below = [known.id for known in KNOWN_ORGANISATIONS if government in KNOWN_DIRECTORY.above(known.id)]
        assert len(below) >= 12, country
        assert any("police" in one or "fuerza-publica" in one for one in below), country
        assert any("prosecutor" in one or one.endswith("-dpp") for one in below), country
        assert {f"{country}-judiciary", f"{country}-prisons", f"{country}-finance", f"{country}-foreign"} <= {*below}
