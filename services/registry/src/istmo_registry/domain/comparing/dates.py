"""Start and end: equal days are rare unless a year, a quarter or a fiscal year begins or ends there."""

from collections.abc import Iterator
from typing import Final

from istmo_registry.domain.comparing.observation import Observation
from istmo_registry.domain.prepared import Day, Prepared

__all__ = ["observe_dates"]

_NEAR_DAYS: Final = 31
_CLOSE_DAYS: Final = 92
_FAR_DAYS: Final = 1096


def observe_dates(a: Prepared, b: Prepared) -> Iterator[Observation]:
    """What starts and ends show, and whether the two works are over at different times."""
    if a.starts and b.starts:
        yield from _observe("start", a.starts, b.starts)
    if a.ends and b.ends:
        yield from _observe("end", a.ends, b.ends)
    if _is_over(a, b) or _is_over(b, a):
        yield Observation("dates-apart")


def _observe(field: str, a: Day, b: Day) -> Iterator[Observation]:
    days = abs(a.number - b.number)
    if days == 0:
        yield Observation(f"{field}-equal-round" if a.is_round else f"{field}-equal", {"day": a.spelled})
    elif days <= _NEAR_DAYS:
        yield Observation(f"{field}-near", {"days": days})
    elif days <= _CLOSE_DAYS:
        yield Observation(f"{field}-close", {"days": days})
    elif days > _FAR_DAYS:
        yield Observation(f"{field}-far", {"days": days})


def _is_over(first: Prepared, second: Prepared) -> bool:
    """Whether one ends before the other starts."""
    return first.ends is not None and second.starts is not None and second.starts.number > first.ends.number
