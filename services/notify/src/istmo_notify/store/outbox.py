"""What is to be published, in order, until the log has it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import AsyncConnection

__all__ = ["Letter", "Waiting", "hold_lease", "post", "remove", "waiting"]

Connection = AsyncConnection[Any]

_POST: Final = "INSERT INTO outbox (topic, key, type, event, value, traceparent) VALUES (%s, %s, %s, %s, %s, %s)"
_WAITING: Final = "SELECT id, recorded, topic, key, type, event, value, traceparent FROM outbox ORDER BY id LIMIT %s"
_REMOVE: Final = """
    WITH gone AS (DELETE FROM outbox WHERE id = ANY(%b) RETURNING topic, key, recorded, traceparent)
    INSERT INTO stage_records (stage, trace, subject, since, began, ended, outcome)
    SELECT 'relay', substr(traceparent, 4, 32)::uuid, topic || '/' || convert_from(key, 'UTF8'), recorded,
        %s, clock_timestamp(), 'sent'
    FROM gone WHERE traceparent ~ '^[0-9a-f]{2}-[0-9a-f]{32}-'"""
_HOLD: Final = """
    UPDATE leases SET holder = %(holder)s, until = now() + %(term)s
    WHERE name = 'outbox' AND (holder = %(holder)s OR until <= now())
    RETURNING 1"""


@dataclass(frozen=True, slots=True)
class Letter:
    """An event for a topic (named without its prefix). `event` is its id, `value` its canonical JSON."""

    topic: str
    key: bytes
    type: str
    event: str
    value: bytes
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A letter that waits in the outbox since `recorded`."""

    id: int
    recorded: datetime
    letter: Letter


async def post(connection: Connection, letters: Sequence[Letter]) -> None:
    """Put letters at the end of the outbox."""
    async with connection.cursor() as cursor:
        await cursor.executemany(
            _POST, [(each.topic, each.key, each.type, each.event, each.value, each.traceparent) for each in letters]
        )


async def hold_lease(connection: Connection, holder: str, term: timedelta) -> bool:
    """Whether `holder` is the one that sends, for another `term`."""
    cursor = await connection.execute(_HOLD, {"holder": holder, "term": term})
    return await cursor.fetchone() is not None


async def waiting(connection: Connection, limit: int) -> list[Waiting]:
    """The oldest letters."""
    cursor = await connection.execute(_WAITING, (limit,))
    return [Waiting(row[0], row[1], Letter(*row[2:])) for row in await cursor.fetchall()]


async def remove(connection: Connection, ids: Sequence[int], began: datetime) -> None:
    """Take out letters that the log has, which were sent from `began` on, and keep a record for each trace."""
    await connection.execute(_REMOVE, (list(ids), began))
