"""Deliveries to endpoints: claimed under a lease, settled under the row's lock. Waiting times run by the database."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from psycopg import AsyncConnection

from istmo_notify.domain.delivery import Attempt, Paused, Retry
from istmo_notify.store.lists import Line
from istmo_notify.store.stage_records import KEEP_DELIVERY, Attempted, delivery_columns

__all__ = ["Advance", "Claim", "Past", "advance", "claim", "failing", "next_epoch", "past", "put_off", "release"]

Connection = AsyncConnection[Any]

_CLAIM: Final = """
    WITH free AS MATERIALIZED (
        SELECT d.subscription, s.partner, coalesce(d.epoch, s.epoch) AS epoch, v.id AS view, v.last
        FROM deliveries d JOIN subscriptions s ON s.id = d.subscription JOIN views v ON v.id = s.view
        WHERE d.paused IS NULL AND d.due <= now() AND d.leased_until <= now()
            AND (v.last > d.delivered OR d.epoch IS NOT NULL)
        ORDER BY d.due
        LIMIT %(limit)s
        FOR UPDATE OF d SKIP LOCKED)
    UPDATE deliveries d SET lease = %(lease)s, leased_until = now() + %(term)s
    FROM free WHERE free.subscription = d.subscription
    RETURNING d.subscription, free.partner, d.url, d.secret, d.delivered, free.view, free.epoch, free.last"""
# Not waited for on the disk: a cursor that a crash sets back delivers again, under the same message id.
_ADVANCE: Final = f"""
    WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)), kept AS ({KEEP_DELIVERY})
    UPDATE deliveries d SET delivered = n.number, failures = 0, failing_since = NULL, due = now(),
        last_status = n.status, last_reason = n.reason, lease = CASE WHEN n.holds THEN d.lease END,
        leased_until = CASE WHEN n.holds THEN now() + %(term)s ELSE '-infinity' END
    FROM quick, unnest(%(subscriptions)b::text[], %(leases)b::text[], %(numbers)b::bigint[], %(statuses)b::int[],
        %(reasons)b::text[], %(holds)b::boolean[]) AS n (subscription, lease, number, status, reason, holds)
    WHERE d.subscription = n.subscription AND d.lease = n.lease
    RETURNING d.subscription"""
_RETRY: Final = f"""
    WITH kept AS ({KEEP_DELIVERY})
    UPDATE deliveries SET failures = failures + 1, failing_since = coalesce(failing_since, now()),
        due = now() + %(wait)s, last_status = %(status)s, last_reason = %(reason)s,
        lease = NULL, leased_until = '-infinity'
    WHERE subscription = %(subscription)s"""
_PAUSE: Final = f"""
    WITH kept AS ({KEEP_DELIVERY})
    UPDATE deliveries SET failures = failures + 1, failing_since = coalesce(failing_since, now()),
        paused = %(paused)s, last_status = %(status)s, last_reason = %(reason)s,
        lease = NULL, leased_until = '-infinity'
    WHERE subscription = %(subscription)s"""
_NEXT_EPOCH: Final = """
    UPDATE deliveries d SET epoch = NULL, delivered = 0 FROM subscriptions s JOIN views v ON v.id = s.view
    WHERE d.subscription = %s AND d.lease = %s AND d.epoch IS NOT NULL AND s.id = d.subscription
    RETURNING s.epoch, v.last"""
_RELEASE: Final = """
    UPDATE deliveries SET lease = NULL, leased_until = '-infinity' WHERE subscription = %s AND lease = %s"""
_PAST: Final = """
    SELECT failures, coalesce(now() - failing_since, interval '0') FROM deliveries
    WHERE subscription = %s AND lease = %s
    FOR UPDATE"""
_FAILING: Final = "SELECT subscription FROM deliveries WHERE failures > 0 OR paused IS NOT NULL ORDER BY subscription"


@dataclass(frozen=True, slots=True)
class Claim:
    """An endpoint that this worker alone delivers to while it holds `lease`."""

    lease: str
    subscription: str
    partner: str
    url: str
    secret: str
    delivered: int
    line: Line


@dataclass(frozen=True, slots=True)
class Advance:
    """Everything up to `number` was taken, last by `attempt`; all `attempts` are kept for operators.

    The endpoint is held on where `holds`, else given back, at once for anybody.
    """

    claimed: Claim
    number: int
    attempt: Attempt
    attempts: Sequence[Attempted]
    holds: bool


@dataclass(frozen=True, slots=True)
class Past:
    """How an endpoint did so far: failures in a row, and for how long."""

    failures: int
    failing_for: timedelta


async def claim(connection: Connection, lease: str, term: timedelta, limit: int) -> list[Claim]:
    """Claim up to `limit` endpoints with something due, for `term`; those that others claim are passed over."""
    cursor = await connection.execute(_CLAIM, {"lease": lease, "term": term, "limit": limit})
    return [
        Claim(lease, subscription, partner, url, secret, delivered, Line(*line))
        for subscription, partner, url, secret, delivered, *line in await cursor.fetchall()
    ]


async def past(connection: Connection, claimed: Claim) -> Past | None:
    """How the endpoint did so far, its row locked; None where the lease was lost."""
    cursor = await connection.execute(_PAST, (claimed.subscription, claimed.lease))
    row = await cursor.fetchone()
    return None if row is None else Past(*row)


async def advance(connection: Connection, advances: Sequence[Advance], term: timedelta) -> list[bool]:
    """Keep what endpoints took, each claimed once; of each, in order, whether its lease still stood."""
    values = {
        "subscriptions": [one.claimed.subscription for one in advances],
        "leases": [one.claimed.lease for one in advances],
        "numbers": [one.number for one in advances],
        "statuses": [one.attempt.status for one in advances],
        "reasons": [one.attempt.reason for one in advances],
        "holds": [one.holds for one in advances],
        "term": term,
    }
    attempts = [attempt for one in advances for attempt in one.attempts]
    cursor = await connection.execute(_ADVANCE, values | delivery_columns(attempts))
    kept = {subscription for (subscription,) in await cursor.fetchall()}
    return [one.claimed.subscription in kept for one in advances]


async def next_epoch(connection: Connection, claimed: Claim) -> Claim | None:
    """Go on with the present epoch of the list, once what was left of an earlier one is delivered; None: it is that."""
    cursor = await connection.execute(_NEXT_EPOCH, (claimed.subscription, claimed.lease))
    row = await cursor.fetchone()
    return None if row is None else replace(claimed, delivered=0, line=Line(claimed.line.view, *row))


async def put_off(
    connection: Connection, claimed: Claim, attempt: Attempt, attempts: Sequence[Attempted], step: Retry | Paused
) -> None:
    """Keep that an attempt failed, and give the endpoint back; `past` has locked its row."""
    match step:
        case Retry(wait):
            await connection.execute(_RETRY, _values(claimed, attempt, attempts) | {"wait": wait})
        case Paused(reason):
            await connection.execute(_PAUSE, _values(claimed, attempt, attempts) | {"paused": reason})


async def release(connection: Connection, claimed: Claim) -> None:
    """Give an endpoint back, at once for anybody."""
    await connection.execute(_RELEASE, (claimed.subscription, claimed.lease))


async def failing(connection: Connection) -> list[str]:
    """The subscriptions whose endpoints fail or are paused."""
    cursor = await connection.execute(_FAILING)
    return [subscription for (subscription,) in await cursor.fetchall()]


def _values(claimed: Claim, attempt: Attempt, attempts: Sequence[Attempted]) -> dict[str, Any]:
    stated = {"subscription": claimed.subscription, "status": attempt.status, "reason": attempt.reason}
    return stated | delivery_columns(attempts)
