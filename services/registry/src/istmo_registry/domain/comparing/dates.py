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
    if a.starts and b.starts and (starts := _observe("start", a.starts, b.starts)):
        yield starts
    if a.ends and b.ends and (ends := _observe("end", a.ends, b.ends)):
        yield ends
    if _are_apart(a.ends, b.starts) or _are_apart(b.ends, a.starts):
        yield Observation("dates-apart")


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
