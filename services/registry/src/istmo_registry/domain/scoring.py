"""How much two activities look like one undertaking: log-odds added up field by field, each field explained.

A first scorer, after Fellegi and Sunter (1969): every observation has a committed weight, set by hand and not yet
trained, and the verdict follows from the sum. Stated references decide before it: who funds or contains another is not
the same as it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from rapidfuzz import fuzz

from istmo_common.catalogue import text
from istmo_registry.domain.features import Features
from istmo_registry.domain.money import exact_sum
from istmo_registry.domain.parameters import Parameters
from istmo_registry.domain.text import TitleParts, title_parts

__all__ = ["Comparison", "Evidence", "LinkKind", "Verdict", "compare"]

Verdict = Literal["same", "linked", "possibly-same", "different"]
LinkKind = Literal["funds", "part-of", "phase-of"]

_CUT_WORDS: Final = 4
"""A title cut off is recognised by at least so many words."""
_FULL_WORDS: Final = 3
"""Equal titles of fewer words say little."""
_ONE_TITLE: Final = frozenset({"title-equal", "title-near", "title-truncated", "title-short"})
_ELSEWHERE: Final = frozenset({"country-different", "place-different"})
_IDENTIFIED: Final = frozenset({"identifier-shared", "stated-same-work"})


class Evidence(NamedTuple):
    """How one field weighs for or against two activities being the same, with its sentence in both languages."""

    field: str
    weight: Decimal
    es: str
    en: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A pair's score (log-odds, four decimals), its verdict, the kind of a linked one, and why."""

    score: Decimal
    verdict: Verdict
    kind: LinkKind | None
    evidence: tuple[Evidence, ...]


class _Observation(NamedTuple):
    """What was seen of one field: the name of its weight and of its sentence, and what the sentence tells."""

    field: str
    name: str
    told: dict[str, object]


def compare(a: Features, b: Features, parameters: Parameters) -> Comparison:
    """Compare two different activities; the order of `a` and `b` does not matter.

    A stated `funds` or `part-of` that resolves is always linked, and works of one title in different phases are
    `phase-of`. One reporter's activities are the same only by a shared identifier. A pair whose verdict is `different`
    carries no evidence: nobody is told of it.
    """
    a, b = sorted((a, b), key=lambda features: features.activity)
    seen = list(_observations(a, b, parameters))
    names = frozenset(observation.name for observation in seen)
    score = exact_sum(parameters.weights[name] for name in names).quantize(Decimal("0.0001"))
    kind = _link(names)
    verdict = _verdict(score, kind, names, parameters)
    told = seen if verdict != "different" else []
    return Comparison(score, verdict, kind, tuple(_explain(observation, parameters) for observation in told))


def _link(names: frozenset[str]) -> LinkKind | None:
    if "stated-funds" in names:
        return "funds"
    if "stated-part-of" in names:
        return "part-of"
    one_work = "phase-different" in names and not names.isdisjoint(_ONE_TITLE) and names.isdisjoint(_ELSEWHERE)
    return "phase-of" if one_work else None


def _verdict(score: Decimal, kind: LinkKind | None, names: frozenset[str], parameters: Parameters) -> Verdict:
    if kind is not None:
        return "linked"
    if "phase-different" in names or score < parameters.possible_line:
        return "different"
    one_reporter = "reporter-same" in names and names.isdisjoint(_IDENTIFIED)
    if score < parameters.same_line or one_reporter or "stated-sibling" in names:
        return "possibly-same"
    return "same"


def _explain(observation: _Observation, parameters: Parameters) -> Evidence:
    key = f"evidence.{observation.name}"
    return Evidence(
        field=observation.field,
        weight=parameters.weights[observation.name],
        es=text(key, "es", **observation.told),
        en=text(key, "en", **observation.told),
    )


def _observations(a: Features, b: Features, parameters: Parameters) -> Iterator[_Observation]:
    """At most one observation of each name."""
    kinds = a.refers_to(b.activity) | b.refers_to(a.activity)
    for kind in sorted(kinds):
        yield _Observation("reference", f"stated-{kind}", {})
    shared = sorted(set(a.identifiers) & set(b.identifiers))
    if shared:
        yield _Observation("identifier", "identifier-shared", {"identifier": shared[0]})
    yield from _titles(a, b, parameters)
    yield from _countries(a, b)
    yield from _dates(a, b, parameters)
    if a.activity.reporter == b.activity.reporter:
        yield _Observation("reporter", "reporter-same", {})


def _titles(a: Features, b: Features, parameters: Parameters) -> Iterator[_Observation]:
    """The best of all narratives, then phases, numbers and places."""
    if not a.titles or not b.titles:
        return
    own, other = [title_parts(title) for title in a.titles], [title_parts(title) for title in b.titles]
    # Of equally good pairs of narratives the first: titles are sorted.
    name, ours, theirs = max(
        ((_likeness(one, two, parameters), one, two) for one in own for two in other),
        key=lambda compared: parameters.weights[compared[0]],
    )
    yield _Observation("title", name, {})
    phases, their_phases = _phases(own), _phases(other)
    if phases and their_phases:
        equal = phases == their_phases
        told: dict[str, object] = {"a": min(phases), "b": min(their_phases)}
        yield _Observation("phase", "phase-equal" if equal else "phase-different", told)
    elif phases or their_phases:
        yield _Observation("phase", "phase-one-sided", {"phase": min(phases | their_phases)})
    if ours.numbers and theirs.numbers and ours.numbers != theirs.numbers:
        yield _Observation("number", "number-different", {})
    places, their_places = _places(own), _places(other)
    if places and their_places and places.isdisjoint(their_places):
        yield _Observation("place", "place-different", {})


def _phases(titles: list[TitleParts]) -> set[int]:
    return {title.phase for title in titles if title.phase is not None}


def _places(titles: list[TitleParts]) -> set[str]:
    return {place for title in titles for place in title.places}


def _likeness(a: TitleParts, b: TitleParts, parameters: Parameters) -> str:
    """The name of what two titles' words show."""
    if not a.words or not b.words:
        return "title-silent"
    short, long = sorted((a.words, b.words), key=lambda words: (len(words), words))
    fewest = min(len(short.split()), len(long.split()))
    # Spanish and English put the same words in another order.
    if sorted(short.split()) == sorted(long.split()):
        return "title-equal" if fewest >= _FULL_WORDS else "title-short"
    likeness = Decimal(str(round(fuzz.token_sort_ratio(short, long, score_cutoff=float(parameters.like_title)), 4)))
    if likeness >= parameters.near_title and fewest >= _FULL_WORDS:
        return "title-near"
    if fewest >= _CUT_WORDS and long.startswith(short):
        return "title-truncated"
    return "title-alike" if likeness >= parameters.like_title else "title-different"


def _countries(a: Features, b: Features) -> Iterator[_Observation]:
    if not a.countries or not b.countries:
        return
    shared = sorted(set(a.countries) & set(b.countries))
    if shared:
        yield _Observation("country", "country-shared", {"countries": ", ".join(shared)})
    else:
        yield _Observation("country", "country-different", {})


def _dates(a: Features, b: Features, parameters: Parameters) -> Iterator[_Observation]:
    if a.starts is None or b.starts is None:
        return
    days = abs((a.starts - b.starts).days)
    first, second = sorted((a, b), key=lambda features: (features.starts or date.min, features.activity))
    over = first.ends is not None and second.starts is not None and first.ends < second.starts
    if over or days > parameters.far_days:
        yield _Observation("dates", "dates-far", {})
    elif days <= parameters.near_days:
        yield _Observation("dates", "dates-near", {"days": days})
