"""Titles: how many of their concepts two of them share, weighted by what each says."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from rapidfuzz import fuzz

from istmo_registry.domain.comparing.observation import Observation
from istmo_registry.domain.prepared import Prepared
from istmo_registry.domain.text import BEGINNING, TitleParts
from istmo_registry.domain.words import KNOWN_WEIGHT, is_known, weight_of

__all__ = ["NO_TITLE", "ONE_TITLE", "Likeness", "best_likeness", "observe_titles"]

ONE_TITLE: Final = frozenset({"title-equal", "title-near", "title-truncated", "title-short", "title-contained"})
"""Observations under which two titles may be those of one work."""

NO_TITLE: Final = frozenset({"title-different", "title-silent"})
"""Observations under which titles show nothing."""

_TELLING: Final = 3.375
"""Titles that say less than this say little, though they are equal."""
_TELLING_OF_A_TOWN: Final = 1.75
"""Equal titles that name one town say enough from this on."""
_NEAR: Final = 0.72
_ALIKE: Final = 0.5
_SOME: Final = 0.25
_CONTAINED: Final = 0.95
_PART: Final = 0.6
_TYPO: Final = 86.0
_PREFIX: Final = 4
_LONG_TITLE: Final = 5
_CONTRADICTING: Final = 2.0
_HEADING: Final = 2.375


class Likeness(NamedTuple):
    """How two titles compare: the name of the observation, the share of both that is common, and what is left."""

    name: str
    share: float
    a: TitleParts | None
    b: TitleParts | None
    only_a: float
    only_b: float


_SILENT: Final = Likeness("title-silent", 0.0, None, None, 0.0, 0.0)


def best_likeness(a: Prepared, b: Prepared) -> Likeness:
    """The likeness of the two narratives that are most alike; of equally good ones the first."""
    best = _SILENT
    if a.beginnings.isdisjoint(b.beginnings):
        return _unlike(a.first, b.first)
    for one in a.titles:
        for two in b.titles:
            if one.weight and two.weight:
                likeness = _likeness(one, two)
                if best.a is None or (likeness.share, likeness.name) > (best.share, best.name):
                    best = likeness
    return best


def _unlike(one: TitleParts | None, two: TitleParts | None) -> Likeness:
    """No word of one begins like a word of the other."""
    if one is None or two is None:
        return _SILENT
    return Likeness("title-different", 0.0, one, two, one.weight, two.weight)


def _likeness(a: TitleParts, b: TitleParts) -> Likeness:
    both = a.concepts & b.concepts
    common = sum(map(weight_of, both)) if both else 0.0
    smaller = min(a.weight, b.weight)
    if common < smaller and (alike := a.begun.keys() & b.begun.keys()):
        common = min(common + _nearly(a, b, alike, typos=common >= smaller * _SOME), smaller)
    share = common / (a.weight + b.weight - common)
    only_a, only_b = a.weight - common, b.weight - common
    return Likeness(_name(a, b, common, share), share, a, b, only_a, only_b)


def _nearly(a: TitleParts, b: TitleParts, alike: Iterable[str], *, typos: bool) -> float:
    """The weight of words of one title alone that are cut off on one side, or misspelled.

    `alike`: with what words of both begin.
    """
    begun = [word for beginning in alike for word in a.begun[beginning] ^ b.begun[beginning]]
    if len(begun) < 2 and not typos:
        return 0.0
    found = 0.0
    left_a, left_b = set(a.concepts - b.concepts), set(b.concepts - a.concepts)
    # A word and its beginning are neighbours in the order of words, but for others that begin alike.
    for short, long in pairwise(sorted(begun)):
        if (
            len(short) >= (_PREFIX if is_known(short) else BEGINNING)
            and long.startswith(short)
            and (short in left_a) != (long in left_a)
        ):
            found += min(weight_of(short), weight_of(long))
            left_a -= {short, long}
            left_b -= {short, long}
    if not typos:
        return found
    others = sorted(left_b)
    for word in sorted(left_a):
        if len(word) > _PREFIX:
            for other in others:
                if fuzz.ratio(word, other, score_cutoff=_TYPO):
                    found += min(weight_of(word), weight_of(other))
                    others.remove(other)
                    break
    return found


def _name(a: TitleParts, b: TitleParts, common: float, share: float) -> str:
    smaller = min(a.weight, b.weight)
    if share >= _CONTAINED:
        return "title-equal" if _tells_enough(a, b, smaller) else "title-short"
    if smaller < _TELLING:
        return _vague(share, common / smaller)
    if a.words[0] == b.words[0]:
        short, long = sorted((a.words, b.words), key=lambda words: (len(words), words))
        if _is_cut(short, long) and _names_no_more(a, b, short):
            return "title-truncated"
    if share >= _NEAR:
        return "title-near"
    if common >= smaller * _CONTAINED:
        return "title-contained"
    return _vague(share, common / smaller)


def _tells_enough(a: TitleParts, b: TitleParts, weight: float) -> bool:
    return weight >= (_TELLING if a.towns.isdisjoint(b.towns) else _TELLING_OF_A_TOWN)


def _names_no_more(a: TitleParts, b: TitleParts, short: tuple[str, ...]) -> bool:
    """Whether the shorter title ends with no place that the longer one lacks: such a one goes on, and is not cut."""
    cut, whole = (a, b) if a.words == short else (b, a)
    return cut.places <= whole.places


def _is_cut(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    """Whether one title is the beginning of the other; the last word of a long one may be cut beyond recognition."""
    begun = long[: len(short) - 1] == short[:-1]
    return begun and (len(short) >= _LONG_TITLE or long[len(short) - 1].startswith(short[-1]))


def _vague(share: float, part: float) -> str:
    if share >= _ALIKE:
        return "title-alike"
    return "title-some" if share >= _SOME or part >= _PART else "title-different"


def observe_titles(a: Prepared, b: Prepared, likeness: Likeness) -> Iterator[Observation]:
    """What the titles show beside their likeness: what only each has, phases, years and numbers."""
    if likeness.a is None or likeness.b is None:
        return
    if likeness.name != "title-different":
        if likeness.only_a >= KNOWN_WEIGHT and likeness.only_b >= KNOWN_WEIGHT:
            yield Observation("title-both-differ")
        if likeness.a.numbers != likeness.b.numbers and not _same_numbers(likeness.a.numbers, likeness.b.numbers):
            one_sided = not likeness.a.numbers or not likeness.b.numbers
            yield Observation("number-one-sided" if one_sided else "number-different")
    if likeness.name not in ONE_TITLE and min(_untold(a, b), _untold(b, a)) >= _CONTRADICTING:
        yield Observation("title-contradicted")
    if a.phases or b.phases:
        yield from _phases(a, b)
    if a.years and b.years and a.years.isdisjoint(b.years):
        yield Observation("year-different", {"a": min(a.years), "b": min(b.years)})
    if ("contribution" in a.concepts) != ("contribution" in b.concepts):
        yield Observation("contribution-one-sided")
    yield from _components(a, b, likeness.a, likeness.b)


def _components(a: Prepared, b: Prepared, ours: TitleParts, theirs: TitleParts) -> Iterator[Observation]:
    """Whether one of two works, the titles of which are `ours` and `theirs`, is said to be a part."""
    if a.components != b.components:
        yield Observation("component-one-sided")
    elif _heads(ours, theirs) or _heads(theirs, ours):
        yield Observation("component-titled")
    elif a.told_part != b.told_part:
        yield Observation("component-told")


def _heads(titled: TitleParts, whole: TitleParts) -> bool:
    """Whether the one is `Whole: part` of the other, which names no part itself."""
    if not titled.head or whole.head:
        return False
    weight = sum(map(weight_of, titled.head))
    common = sum(map(weight_of, titled.head & whole.concepts))
    return common >= _HEADING and common >= _NEAR * max(weight, whole.weight)


def _untold(titled: Prepared, other: Prepared) -> float:
    """How much of a title, in terms that are known in both languages, nothing of the other work tells."""
    return sum(map(weight_of, titled.title_terms - other.concepts - other.beyond))


def _same_numbers(a: frozenset[str], b: frozenset[str]) -> bool:
    """Whether titles have the same numbers, one perhaps cut off."""
    only_a, only_b = sorted(a - b), sorted(b - a)
    return len(only_a) == len(only_b) and all(
        one.startswith(two) or two.startswith(one) for one, two in zip(only_a, only_b, strict=True)
    )


def _phases(a: Prepared, b: Prepared) -> Iterator[Observation]:
    if ("+" in a.phases) != ("+" in b.phases):
        yield Observation("additional-one-sided")
    elif a.phases and b.phases:
        equal = not a.phases.isdisjoint(b.phases)
        yield Observation("phase-equal" if equal else "phase-different", {"a": min(a.phases), "b": min(b.phases)})
    elif a.phases or b.phases:
        yield Observation("phase-one-sided", {"phase": min(a.phases | b.phases)})
