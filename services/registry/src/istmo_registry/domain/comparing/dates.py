"""Start and end: equal days are rare unless a year, a quarter or a fiscal year begins or ends there."""

from collections.abc import Iterator
from typing import Final

from istmo_registry.domain.comparing.observation import Observation
from istmo_registry.domain.prepared import Day, Prepared

__all__ = ["observe_dates"]

_NEAR_DAYS: Final = 31
_CLOSE_DAYS: Final = 92
_FAR_DAYS: Final = 1096


def observe_dates(a: Prepared, b: Prepared, *, one_reporter: bool) -> Iterator[Observation]:
    """What starts and ends show, and whether the two works are over at different times.

    A day that was made up from a payment says something only to another record of the same reporter.
    """
    days = (a.starts, a.ends, b.starts, b.ends)
    begins, ends, begins_too, ends_too = days if one_reporter else map(_known, days)
    if begins and begins_too and (starts_shown := _observe("start", begins, begins_too)):
        yield starts_shown
    if ends and ends_too and (ends_shown := _observe("end", ends, ends_too)):
        yield ends_shown
    if _are_apart(ends, begins_too) or _are_apart(ends_too, begins):
        yield Observation("dates-apart")


def _known(day: Day | None) -> Day | None:
    return None if day is None or day.is_made_up else day


def _observe(field: str, a: Day, b: Day) -> Observation | None:
    days = abs(a.number - b.number)
    if days == 0:
        return Observation(f"{field}-equal-round" if a.is_round else f"{field}-equal", {"day": a.spelled})
    if days <= _NEAR_DAYS:
        return Observation(f"{field}-near", {"days": days})
    if days <= _CLOSE_DAYS:
        return Observation(f"{field}-close", {"days": days})
    return Observation(f"{field}-far", {"days": days}) if days > _FAR_DAYS else None


def _are_apart(ends: Day | None, starts: Day | None) -> bool:
    """Whether one ends before the other starts."""
    return ends is not None and starts is not None and starts.number > ends.number
