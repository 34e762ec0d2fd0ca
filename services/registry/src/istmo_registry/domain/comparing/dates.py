"""Start and end: equal days are rare unless a year, a quarter or a fiscal year begins or ends there."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from istmo_registry.domain.comparing.observation import Observation

__all__ = ["observe_dates"]

_NEAR_DAYS: Final = 31
_CLOSE_DAYS: Final = 92
_FAR_DAYS: Final = 1096
_QUARTERS: Final = frozenset({1, 4, 7, 10})


def observe_dates(
    starts: tuple[date | None, date | None], ends: tuple[date | None, date | None]
) -> Iterator[Observation]:
    """What starts and ends show, and whether the two works are over at different times."""
    yield from _observe("start", *starts)
    yield from _observe("end", *ends)
    (start_a, start_b), (end_a, end_b) = starts, ends
    if (start_a and end_b and start_a > end_b) or (start_b and end_a and start_b > end_a):
        yield Observation("dates-apart")


def _observe(field: str, a: date | None, b: date | None) -> Iterator[Observation]:
    if a is None or b is None:
        return
    days = abs((a - b).days)
    if days == 0:
        begins = a if field == "start" else a + timedelta(days=1)
        ordinary = begins.day != 1 or begins.month not in _QUARTERS
        yield Observation(f"{field}-equal" if ordinary else f"{field}-equal-round", {"day": a.isoformat()})
    elif days <= _NEAR_DAYS:
        yield Observation(f"{field}-near", {"days": days})
    elif days <= _CLOSE_DAYS:
        yield Observation(f"{field}-close", {"days": days})
    elif days > _FAR_DAYS:
        yield Observation(f"{field}-far", {"days": days})
