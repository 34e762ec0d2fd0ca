"""What the stages did for each trace: written in the transaction that does it, read by operators alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import AsyncConnection

__all__ = [
    "KEEP_DELIVERY",
    "Attempted",
    "StageRecord",
    "TakenIn",
    "Told",
    "Undelivered",
    "delivery_columns",
    "keep_taken_in",
    "records_of",
    "told_of",
    "undelivered_of",
]

Connection = AsyncConnection[Any]

_TAKEN_IN: Final = """
    INSERT INTO stage_records (stage, trace, subject, began, ended, outcome)
    SELECT 'intake', trace, subject, now(), clock_timestamp(), outcome
    FROM unnest(%b::text[]::uuid[], %b::text[], %b::text[]) AS n (trace, subject, outcome)"""
KEEP_DELIVERY: Final = """
    INSERT INTO stage_records (stage, trace, subject, since, began, ended, outcome)
    SELECT 'deliver', trace, item, told, began, ended, outcome
    FROM unnest(%(traces)b::text[]::uuid[], %(items)b::text[], %(told)b::timestamptz[], %(began)b::timestamptz[],
        %(ended)b::timestamptz[], %(outcomes)b::text[]) AS n (trace, item, told, began, ended, outcome)
    WHERE trace IS NOT NULL"""
"""Keep what came of deliveries (`delivery_columns`): a part of the statement that keeps their fate."""


_RECORDS: Final = """
    SELECT trace, stage, subject, since, began, ended, outcome FROM stage_records
    WHERE trace = ANY(%b::text[]::uuid[]) ORDER BY began LIMIT %s"""
_TOLD: Final = """
    SELECT i.view, i.epoch, i.number, i.type, i.told, v.reader FROM items i JOIN views v ON v.id = i.view
    WHERE substr(i.traceparent, 4, 32) = ANY(%b) ORDER BY i.told, i.view, i.number LIMIT %s"""
_UNDELIVERED: Final = """
    SELECT d.subscription || '/' || i.epoch || '/' || i.number, i.told, d.due, d.failures, d.paused, d.last_reason
    FROM items i JOIN subscriptions s ON s.view = i.view AND s.epoch = i.epoch
    JOIN deliveries d ON d.subscription = s.id AND d.delivered < i.number
    WHERE substr(i.traceparent, 4, 32) = ANY(%b) ORDER BY i.told, 1 LIMIT %s"""
_MOST: Final = 500


class StageRecord(NamedTuple):
    """What a stage did, under one trace."""

    trace: UUID
    stage: str
    subject: str | None
    since: datetime | None
    began: datetime
    ended: datetime
    outcome: str


class Told(NamedTuple):
    """An item that a list was told. `reader` is whose list it is, None for the public's."""

    view: str
    epoch: int
    number: int
    type: str
    told: datetime
    reader: str | None


class Undelivered(NamedTuple):
    """An item (subscription, epoch and number) that an endpoint has not taken yet, and how the endpoint does."""

    item: str
    told: datetime
    due: datetime
    failures: int
    paused: str | None
    last_reason: str | None


class Attempted(NamedTuple):
    """A delivery of an item told at `told`. `trace` is 32 hexadecimal digits, None where it belongs to none."""

    trace: str | None
    item: str
    told: datetime | None
    began: datetime
    ended: datetime
    outcome: str


class TakenIn(NamedTuple):
    """A record of the log that intake took in: `trace` is 32 hexadecimal digits, `subject` its topic and key."""

    trace: str
    subject: str
    outcome: str


def delivery_columns(attempts: Sequence[Attempted]) -> dict[str, list[Any]]:
    """The values of `KEEP_DELIVERY`."""
    names = ("traces", "items", "told", "began", "ended", "outcomes")
    return {name: [attempt[place] for attempt in attempts] for place, name in enumerate(names)}


async def keep_taken_in(connection: Connection, taken: Sequence[TakenIn]) -> None:
    """Keep what became of records; it began with the transaction, and ends now."""
    if taken:
        await connection.execute(_TAKEN_IN, [list(column) for column in zip(*taken, strict=True)])


async def records_of(connection: Connection, traces: Sequence[str]) -> list[StageRecord]:
    """What was kept of these traces, the oldest first, 500 at most."""
    return [StageRecord(*row) async for row in await connection.execute(_RECORDS, (list(traces), _MOST))]


async def told_of(connection: Connection, traces: Sequence[str]) -> list[Told]:
    """The items of lists that came of these traces, 500 at most."""
    return [Told(*row) async for row in await connection.execute(_TOLD, (list(traces), _MOST))]


async def undelivered_of(connection: Connection, traces: Sequence[str]) -> list[Undelivered]:
    """Which of them endpoints have not taken yet, 500 at most."""
    return [Undelivered(*row) async for row in await connection.execute(_UNDELIVERED, (list(traces), _MOST))]
