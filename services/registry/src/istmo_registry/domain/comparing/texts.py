"""Descriptions, names and codes: the work's real name often stands there, not in the title."""

from collections.abc import Collection, Iterator
from typing import Final

from istmo_registry.domain.comparing.observation import Observation
from istmo_registry.domain.comparing.titles import NO_TITLE, ONE_TITLE
from istmo_registry.domain.prepared import Prepared
from istmo_registry.domain.words import weight_of

__all__ = ["observe_codes", "observe_counts", "observe_names", "observe_texts"]

_TELLING_PART: Final = 2.0
_DESCRIBING: Final = 2.375
_TOLD: Final = 0.8
_HINTED: Final = 0.45
_EQUAL: Final = 0.8
_ALIKE: Final = 0.5
_SOME: Final = 0.3
_DIFFERENT: Final = 0.12
_LONG: Final = 5.0
_MUCH: Final = 14.0
"""So much in common is more than works of one field share, whatever else each tells."""
_DESCRIBED_ALIKE: Final = frozenset({"description-equal", "description-alike"})
_SMALL: Final = 10
"""Up to this many there are of many things."""
_SILENT_TITLE: Final = NO_TITLE | {"title-some", "title-alike"}
_MIXED_SHARE: Final = 0.3
_MIXED_STRONG: Final = 0.45
_MIXED_LEAST: Final = 2.6
_MIXED_MUCH: Final = 4.5


def observe_texts(a: Prepared, b: Prepared, title: str, *, one_reporter: bool) -> Iterator[Observation]:
    """Likeness of what descriptions tell beyond the titles, and a title that only the other's description tells.

    `title` names how the titles compare. What all texts tell together counts where neither shows anything, and between
    two reporters: one tells all its works in much the same words.
    """
    told = 0.0 if title in ONE_TITLE else max(_told(a, b), _told(b, a))
    if told >= _HINTED:
        yield Observation("title-told" if told >= _TOLD else "title-hinted")
    described, shared = _described(a, b)
    if described is not None:
        yield Observation(described)
    if described in _DESCRIBED_ALIKE:
        if shared >= _MUCH:
            yield Observation("description-much")
    elif told < _HINTED and title in _SILENT_TITLE and not one_reporter:
        yield from _observe_mixed(a, b, title)


def _described(a: Prepared, b: Prepared) -> tuple[str | None, float]:
    """What descriptions show, and how much they share."""
    smaller = min(a.beyond_weight, b.beyond_weight)
    if smaller < _DESCRIBING:
        return None, 0.0
    shared = _weight(a.beyond & b.beyond)
    share = shared / smaller
    if share >= _EQUAL:
        return "description-equal", shared
    if share >= _ALIKE:
        return "description-alike", shared
    if share >= _SOME:
        return "description-some", shared
    return ("description-different" if share < _DIFFERENT and smaller >= _LONG else None), shared


def _observe_mixed(a: Prepared, b: Prepared, title: str) -> Iterator[Observation]:
    """Likeness of all that two works tell, in whatever place: one's title may say what the other describes."""
    shared = _weight(a.telling & b.telling)
    if shared < _MIXED_LEAST:
        return
    share = shared / (a.telling_weight * b.telling_weight) ** 0.5
    if share >= _MIXED_STRONG and shared >= _MIXED_MUCH:
        yield Observation("texts-alike")
    elif share >= _MIXED_SHARE and title in NO_TITLE:
        yield Observation("texts-akin")


def _told(teller: Prepared, titled: Prepared) -> float:
    """How much of one of the other's titles a description tells, with the help of its own title: 0 to 1.

    Descriptions begin by repeating their own title: that tells nothing new.
    """
    most = 0.0
    if titled.concepts.isdisjoint(teller.beyond):
        return most
    for title in titled.titles:
        told = _weight(title.concepts & teller.beyond)
        if told >= _TELLING_PART and told >= _HINTED * title.weight:
            most = max(most, _weight(title.concepts & (teller.beyond | teller.concepts)) / title.weight)
    return most


def _weight(concepts: Collection[str]) -> float:
    return sum(map(weight_of, concepts))


def observe_names(a: Prepared, b: Prepared) -> Iterator[Observation]:
    """Proper names and acronyms that both have."""
    shared = a.names & b.names
    if not shared:
        short = (a.names & b.initials) | (b.names & a.initials)
        if short:
            yield Observation("name-shortened", {"names": ", ".join(sorted(short)[:3])})
        return
    told = {"names": ", ".join(sorted(shared)[:3])}
    if shared & a.title_names & b.title_names:
        yield Observation("name-in-titles", told)
    elif shared & (a.title_names | b.title_names):
        yield Observation("name-in-title", told)
    else:
        yield Observation("names-in-texts" if len(shared) > 1 else "name-in-texts", told)


def observe_counts(a: Prepared, b: Prepared) -> Iterator[Observation]:
    """As many of one thing, or a number in common. Accounts of one work may well count different things."""
    ours, theirs = a.counts, b.counts
    shared = sorted(ours.keys() & theirs.keys(), reverse=True)
    alike = [str(number) for number in shared if not ours[number].isdisjoint(theirs[number])]
    if alike:
        yield Observation("count-shared", {"counts": ", ".join(alike[:3])})
    elif shared and shared[0] > _SMALL:
        yield Observation("number-told", {"count": str(shared[0])})


def observe_codes(a: Prepared, b: Prepared, *, one_reporter: bool) -> Iterator[Observation]:
    """Identifiers and award codes."""
    if identifiers := a.identifiers & b.identifiers:
        yield Observation("identifier-shared", {"identifier": min(identifiers)})
        return
    if one_reporter and a.award and b.award:
        same = not a.award.isdisjoint(b.award)
        yield Observation("award-shared" if same else "award-different", {"award": min(a.award)})
        if same:
            return
    if codes := a.codes & b.codes:
        yield Observation("code-shared", {"code": min(codes)})
