"""Recorded time: when ingest accepted."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from istmo_common.times import format_time

__all__ = ["RecordedTimes", "utc_now"]

_STEP = timedelta(microseconds=1)


def utc_now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


class RecordedTimes:
    """Recorded times (RFC 3339, microseconds, UTC), each later than the one before, also where the clock stands still.

    Two processes may give the same one; versions are then ordered by event id.
    """

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        self._last = datetime.min.replace(tzinfo=UTC)

    def next(self) -> str:
        """The recorded time of one event."""
        self._last = max(self._now(), self._last + _STEP)
        return format_time(self._last)
