"""The keys under which activities find each other: only pairs that share a live key, or a reference, are compared.

A key with more current carriers than `Parameters.carrier_limit` is dead: it makes no candidates. Carriers are the
standing CLEAR activities whose features have the key. Keys are composite: two things that seldom come together.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import combinations, pairwise
from typing import Final

from istmo_registry.domain.features import Features
from istmo_registry.domain.prepared import Prepared
from istmo_registry.domain.text import TitleParts
from istmo_registry.domain.words import weight_of

__all__ = ["keys_of"]

_WORDS: Final = 8
"""So many words of a title make keys: titles are cut at different lengths, their beginnings are not."""
_TELLING: Final = 5
"""So many of its words that say most are paired with each other."""
_COUNTRIES: Final = 7
"""An activity in more countries than these has its keys once, for all together."""
_EVERYWHERE: Final = 4
_NAMES: Final = 8
_INITIALS: Final = 4
_DESCRIBED: Final = 5
_DATED: Final = 3


def keys_of(features: Features) -> frozenset[str]:
    """The blocking keys of an activity, each short ASCII-safe text of at most 70 characters.

    An identifier, an award code; a title's words, in any order; two words of a title in a country; a name in a country,
    with a date or a purpose; an award or exact dates of one reporter; a day on which it starts or ends, with a place, a
    purpose or an organisation; an amount with a country.
    """
    return frozenset(_keys(features))


def _keys(features: Features) -> Iterator[str]:
    work = features.prepared
    countries = _countries(features)
    for identifier in features.identifiers:
        yield _key("identifier", identifier)
    for code in work.codes:
        yield _key("code", code)
    for award in work.award:
        yield _key("award", features.activity.reporter, award)
    for title in work.titles:
        yield from _title_keys(title, countries)
    for name in sorted(work.title_names)[:_NAMES] + sorted(work.initials)[:_INITIALS]:
        yield _key("name", name)
    for country in countries:
        yield from _name_keys(work, country)
        yield from _date_keys(features, country)
        for amount in {total.split(" ", 1)[1] for total in features.totals} | set(features.amounts):
            if len(amount.split()[1].rstrip("0").replace(".", "")) > 2:
                yield _key("amount", amount.rstrip("0").rstrip("."), country)


def _countries(features: Features) -> tuple[str, ...]:
    """The stated countries, else those that titles name; one for all where there are none, or many."""
    stated = features.countries or tuple(sorted(code.upper() for code in features.prepared.title_countries))
    return stated if 0 < len(stated) <= _COUNTRIES else ("",)


def _title_keys(title: TitleParts, countries: tuple[str, ...]) -> Iterator[str]:
    words = [word for word in title.words if not word.isdecimal()][:_WORDS]
    if len(words) > 1:
        yield _key("title", *sorted(set(words)))
    telling = sorted(dict.fromkeys(words), key=lambda word: -weight_of(word))[:_TELLING]
    pairs = {tuple(sorted(pair)) for pair in (*pairwise(words), *combinations(telling, 2)) if len(set(pair)) > 1}
    for pair in pairs or {(word, "") for word in words}:
        for country in countries:
            yield _key("words", *pair, country)
    # Wherever it is said to be: many state no country, or a region.
    for pair in combinations(sorted(telling[:_EVERYWHERE]), 2):
        yield _key("anywhere", *pair)


def _name_keys(work: Prepared, country: str) -> Iterator[str]:
    named = (sorted(work.title_names), sorted(work.names - work.title_names), sorted(work.initials))
    for name in {name for names in named for name in names[:_NAMES]}:
        yield _key("name", name, country)
    told = _telling(work.beyond)[:_DESCRIBED]
    titled = _telling(work.concepts)[:_TELLING]
    for pair in {
        tuple(sorted(pair)) for one in told for other in (*told, *titled) if one != other for pair in [(one, other)]
    }:
        yield _key("words", *pair, country)


def _telling(concepts: Iterable[str]) -> list[str]:
    """Those that say most first."""
    return sorted(concepts, key=lambda concept: (-weight_of(concept), concept))


def _date_keys(features: Features, country: str) -> Iterator[str]:
    work = features.prepared
    for field, day in (("start", features.starts), ("end", features.ends)):
        if day is None:
            continue
        # Alive only where few start or end on that day: not on the first of a fiscal year.
        yield _key(field, day.isoformat(), country)
        for sector in work.sectors:
            yield _key(field, day.isoformat(), sector, country)
        for concept in (*_telling(work.concepts)[:_DATED], *_telling(work.beyond)[:_DATED]):
            yield _key(field, day.isoformat(), concept, country)
        for place in work.departments:
            yield _key(field, day.isoformat(), place)
    if features.starts is not None:
        for funder in work.funders.known or work.reporter.known:
            yield _key("funder", funder, features.starts.isoformat()[:7], country)


def _key(kind: str, *parts: str) -> str:
    return f"{kind}:{blake2b(chr(0).join(parts).encode(), digest_size=12).hexdigest()}"
