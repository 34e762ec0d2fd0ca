"""How far the stages are, and what they had to set aside."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from istmo_common.watching import Queue
from istmo_registry.store.dirty import DIRTY
from istmo_registry.store.parked import PARKED
from istmo_registry.store.snapshot import Database, execute
from istmo_registry.store.statement import GATE, notify
from istmo_registry.store.work import WORK

__all__ = ["Parked", "Progress", "read_progress", "send_parked_again"]


# The ages by the clock of the database, which wrote them down.
_QUEUES: Final = """
    SELECT 'match', count(*), extract(epoch FROM clock_timestamp() - min(since))::float8 FROM dirty
    UNION ALL SELECT 'resolve', count(*), extract(epoch FROM clock_timestamp() - min(since))::float8 FROM work
    UNION ALL SELECT 'relay', count(*), extract(epoch FROM clock_timestamp() - min(since))::float8 FROM outbox"""


@dataclass(frozen=True, slots=True)
class Parked:
    """What a stage could not do: `what` names it by handle, or by topic, partition and offset. No report is quoted."""

    what: str
    error: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """Where *fold* stands by (topic, partition), how many rows wait for each stage behind it, and what is parked."""

    stored: dict[tuple[str, int], int]
    queues: list[Queue]
    parked: list[Parked]


async def read_progress(database: Database) -> Progress:
    """All of it, within one snapshot. A row counts until what was claimed with it is committed."""
    positions = await database.execute("SELECT topic, partition, position FROM offsets ORDER BY topic, partition")
    stored = {(topic, partition): position async for topic, partition, position in positions}
    waiting = await database.execute(_QUEUES)
    queues = [Queue(*row) async for row in waiting]
    parked = await database.execute(
        """SELECT p.stage || ' ' || coalesce(a.handle, p.subject), p.error, p.since
           FROM parked p LEFT JOIN activities a ON a.id = p.activity ORDER BY p.since, p.stage, p.subject"""
    )
    return Progress(stored, queues, [Parked(*row) async for row in parked])


async def send_parked_again(database: Database) -> tuple[int, int]:
    """Have the stages try everything again that they parked: how many activities, and how many records of the log.

    A row stays parked until it succeeds.
    """
    await database.execute(GATE)
    matched = await database.execute(
        """INSERT INTO dirty (activity, mode, traceparent)
           SELECT activity, coalesce(mode, 'match'), traceparent FROM parked WHERE stage = 'match'"""
    )
    resolved = await database.execute(
        "INSERT INTO work (activity, traceparent) SELECT activity, traceparent FROM parked WHERE stage = 'resolve'"
    )
    folded = await database.execute("SELECT FROM parked WHERE stage = 'fold'")
    for channel in (DIRTY, WORK, PARKED):
        await execute(database, notify(channel))
    return matched.rowcount + resolved.rowcount, folded.rowcount
