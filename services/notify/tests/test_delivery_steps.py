"""How a delivery goes on after an attempt."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from istmo_notify.domain.delivery import Attempt, Paused, Retry, RetryPolicy, next_step, retry_after

POLICY = RetryPolicy(first=timedelta(seconds=5), longest=timedelta(hours=1), patience=timedelta(days=5))
NOW = datetime(2026, 3, 31, 12, 0, 0, tzinfo=UTC)


def step(attempt: Attempt, *, failures: int = 0, days: float = 0, jitter: float = 0.0) -> Retry | Paused:
    return next_step(attempt, failures=failures, failing_for=timedelta(days=days), policy=POLICY, jitter=jitter)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_success_is_taken_for_one(status: int) -> None:
    """A receiver may answer with any 2xx."""
    assert Attempt(status, "ok").taken


@pytest.mark.parametrize("status", [None, 301, 302, 307, 400, 401, 404, 429, 500, 503])
def test_everything_else_is_tried_again(status: int | None) -> None:
    """No item is given up because of an answer that may be a mistake; a redirect is not followed but tried again."""
    assert not Attempt(status, "status").taken
    assert Retry(timedelta(seconds=5)) == step(Attempt(status, "status"))


def test_gone_pauses_at_once() -> None:
    """An endpoint that says it is gone is left alone, with its place kept."""
    assert Paused("gone") == step(Attempt(410, "status", timedelta(seconds=3)))


def test_days_of_failure_pause() -> None:
    """An endpoint that failed for five days is left alone until its owner resumes."""
    assert Paused("failing") == step(Attempt(500, "status"), failures=150, days=5)
    assert isinstance(step(Attempt(500, "status"), failures=150, days=4.99), Retry)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 5), (1, 10), (2, 20), (9, 2560), (10, 3600), (60, 3600), (10_000, 3600)]
)
def test_waits_double_up_to_the_longest(failures: int, seconds: int) -> None:
    """A receiver that is down for a while is not hammered, and is found again within the hour."""
    assert Retry(timedelta(seconds=seconds)) == step(Attempt(None, "timeout"), failures=failures)


@given(st.floats(0, 1), st.integers(0, 1000))
def test_jitter_takes_away_up_to_half(jitter: float, failures: int) -> None:
    """Endpoints that failed together do not come back together, and none comes back early."""
    most = step(Attempt(None, "timeout"), failures=failures)
    some = step(Attempt(None, "timeout"), failures=failures, jitter=jitter)
    assert isinstance(most, Retry)
    assert isinstance(some, Retry)
    assert most.wait / 2 <= some.wait <= most.wait


@pytest.mark.parametrize("failures", [0, 8])
def test_what_the_receiver_asks_for_is_kept_exactly(failures: int) -> None:
    """Retry-After is neither shortened nor stretched by our own schedule."""
    asked = timedelta(seconds=77)
    assert Retry(asked) == step(Attempt(429, "status", asked), failures=failures, jitter=0.9)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", timedelta(seconds=120)),
        (" 0 ", timedelta(0)),
        ("0000000000000000120", timedelta(seconds=120)),
        ("99999999999999999999", timedelta(days=30)),
        ("Tue, 31 Mar 2026 12:00:30 GMT", timedelta(seconds=30)),
        ("Tue, 31 Mar 2026 11:00:00 GMT", timedelta(0)),
        ("Tue, 31 Mar 2026 12:00:30", timedelta(seconds=30)),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("12.5", None),
        ("²", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(header: str | None, wait: timedelta | None) -> None:
    """Both spellings of the standard are understood; anything else is as if it were not there."""
    assert wait == retry_after(header, NOW)
