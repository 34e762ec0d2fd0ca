"""How a delivery goes on after an attempt that failed: again later, or paused."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

__all__ = ["Attempt", "Paused", "Retry", "RetryPolicy", "next_step", "retry_after"]

_LONGEST_RETRY_AFTER = timedelta(days=30)
_GONE = 410


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Waits double from `first` to `longest`; after `patience` of nothing but failures the endpoint is paused."""

    first: timedelta = timedelta(seconds=5)
    longest: timedelta = timedelta(hours=1)
    patience: timedelta = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one request. `status` is None where no answer came; `retry_after` what the answer asked for."""

    status: int | None
    reason: str
    retry_after: timedelta | None = None

    @property
    def taken(self) -> bool:
        """Whether the receiver took the item: any 2xx."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again after this wait."""

    wait: timedelta


@dataclass(frozen=True, slots=True)
class Paused:
    """Send nothing more until the subscriber resumes; what waits is kept."""

    reason: Literal["gone", "failing"]


def next_step(
    attempt: Attempt, *, failures: int, failing_for: timedelta, policy: RetryPolicy, jitter: float
) -> Retry | Paused:
    """What follows from an attempt that failed.

    `failures` counts those in a row before it, the first of them `failing_for` ago; `jitter` is random, 0 to 1, and
    takes up to half of the wait away, so that endpoints that failed together do not come back together. What the
    receiver asks for in Retry-After is kept exactly.
    """
    if attempt.status == _GONE:
        return Paused("gone")
    if failing_for >= policy.patience:
        return Paused("failing")
    if attempt.retry_after is not None:
        return Retry(attempt.retry_after)
    # Beyond 2**40 the wait is the longest anyway, and the power would not fit.
    doubled = policy.first * (1 << min(failures, 40)) if failures < 40 else policy.longest
    return Retry(min(policy.longest, doubled) * (1 - jitter / 2))


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """The wait that Retry-After asks for (RFC 9110: seconds or a date), at most 30 days; None where it says nothing."""
    if header is None:
        return None
    stated = header.strip()
    if stated.isascii() and stated.isdigit():
        seconds = min(int(stated.lstrip("0")[:12] or "0"), int(_LONGEST_RETRY_AFTER.total_seconds()))
        return timedelta(seconds=seconds)
    try:
        date = parsedate_to_datetime(stated)
    except ValueError:
        return None
    date = date if date.tzinfo is not None else date.replace(tzinfo=UTC)
    return min(max(date - now, timedelta(0)), _LONGEST_RETRY_AFTER)
