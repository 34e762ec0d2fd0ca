"""How far the stages are, and what they had to set aside."""

from dataclasses import dataclass

from istmo_registry.store.dirty import DIRTY
from istmo_registry.store.snapshot import Database, execute
from istmo_registry.store.statement import notify
from istmo_registry.store.work import WORK

__all__ = ["Parked", "Progress", "read_progress", "send_parked_again"]


@dataclass(frozen=True, slots=True)
class Parked:
    """What a stage could not do: `what` names it by handle, or by topic, partition and offset. No report is quoted."""

    what: str
    error: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Where *fold* stands by (topic, partition), how many rows wait for each stage behind it, and what is parked."""

    stored: dict[tuple[str, int], int]
    dirty: int
    work: int
    outbox: int
    parked: list[Parked]


async def read_progress(database: Database) -> Progress:
    """All of it, within one snapshot. A row counts until what was claimed with it is committed."""
    positions = await database.execute("SELECT topic, partition, position FROM offsets ORDER BY topic, partition")
    stored = {(topic, partition): position async for topic, partition, position in positions}
    waiting = await database.execute(
        "SELECT (SELECT count(*) FROM dirty), (SELECT count(*) FROM work), (SELECT count(*) FROM outbox)"
    )
    counts = await waiting.fetchone() or (0, 0, 0)
    parked = await database.execute(
        """SELECT p.stage || ' ' || coalesce(a.handle, p.subject), p.error
           FROM parked p LEFT JOIN activities a ON a.id = p.activity ORDER BY p.since, p.stage, p.subject"""
    )
    dirty, work, outbox = counts
    return Progress(stored, dirty, work, outbox, [Parked(*row) async for row in parked])


async def send_parked_again(database: Database) -> int:
    """Have *match* and *resolve* try everything again that they parked: how many activities.

    A row stays parked until it succeeds. What *fold* set aside it tries again itself, when it starts.
    """
    matched = await database.execute(
        """INSERT INTO dirty (activity, mode, traceparent)
           SELECT activity, coalesce(mode, 'match'), traceparent FROM parked WHERE stage = 'match'"""
    )
    resolved = await database.execute(
        "INSERT INTO work (activity, traceparent) SELECT activity, traceparent FROM parked WHERE stage = 'resolve'"
    )
    await execute(database, notify(DIRTY))
    await execute(database, notify(WORK))
    return matched.rowcount + resolved.rowcount
