"""What texts say of the other work: that theirs is a part of it, or goes on with it."""

from collections.abc import Iterator
from typing import Final

from istmo_registry.domain.comparing.observation import Observation
from istmo_registry.domain.comparing.titles import ONE_TITLE
from istmo_registry.domain.prepared import Prepared
from istmo_registry.domain.words import PHRASE_WEIGHT, SPECIAL_WEIGHT, weight_of

__all__ = ["observe_belonging"]

_NAMED: Final = 0.6
"""So much of what a text calls the whole is in the other's title."""
_LEEWAY: Final = 366
"""So many days before or after the whole a part may begin: both are told in rough dates."""
_GAP: Final = 550
"""So many days at most lie between a work and the one that goes on with it."""


def observe_belonging(a: Prepared, b: Prepared, title: str) -> Iterator[Observation]:
    """Whether one text tells of the other as the whole, or says that it goes on with an earlier work, as the other is.

    `title` names how the titles compare.
    """
    if title not in ONE_TITLE and _names(a, b) != _names(b, a):
        yield Observation("whole-told")
    if _follows(a, b) or _follows(b, a):
        yield Observation("continuation-told")


def _names(part: Prepared, whole: Prepared) -> bool:
    """Whether a text of `part` calls by the title of `whole` what it is a part of; two parts of one are no wholes."""
    if not part.wholes or not _is_in_time(part, whole):
        return False
    if any(not told.isdisjoint(other) for told in part.wholes for other in whole.wholes):
        return False
    # One term of the field is the name of many works: of one giver it may be enough.
    least = PHRASE_WEIGHT if _givers(part).isdisjoint(_givers(whole)) else SPECIAL_WEIGHT
    called = whole.concepts | whole.title_names | whole.initials
    return any(_is_called(told, called, least) for told in part.wholes)


def _is_in_time(part: Prepared, whole: Prepared) -> bool:
    """A part begins while the whole goes on."""
    if part.starts is None:
        return True
    begun = whole.starts is None or part.starts.number >= whole.starts.number - _LEEWAY
    return begun and (whole.ends is None or part.starts.number <= whole.ends.number + _LEEWAY)


def _givers(work: Prepared) -> frozenset[str]:
    return work.funders.known | work.funders.identifiers | (frozenset() if work.is_government else work.reporter.known)


def _is_called(told: frozenset[str], called: frozenset[str], least: float) -> bool:
    common = sum(map(weight_of, told & called))
    return common >= least and common >= _NAMED * sum(map(weight_of, told))


def _follows(later: Prepared, earlier: Prepared) -> bool:
    if not later.continues or earlier.ends is None or later.starts is None:
        return False
    return 0 <= later.starts.number - earlier.ends.number <= _GAP
