"""What operators did with dead letters, by the places of their originals."""

from collections.abc import Collection
from datetime import datetime
from typing import Final, Literal

from istmo_common.kafka.batches import Place
from istmo_registry.store.snapshot import Database

__all__ = ["Outcome", "read_settled", "settle"]

Outcome = Literal["replayed", "purged"]

_READ: Final = 'SELECT topic, partition, "offset", outcome, settled FROM settled_letters'
_SETTLE: Final = """
    INSERT INTO settled_letters (topic, partition, "offset", outcome)
    SELECT *, %s FROM unnest(%s::text[], %s::int[], %s::bigint[])
    ON CONFLICT (topic, partition, "offset") DO UPDATE SET outcome = excluded.outcome, settled = now()"""
# The topic lets go of letters after 30 days; what was done with one is of no use a day later.
_FORGET: Final = "DELETE FROM settled_letters WHERE settled < now() - interval '31 days'"


async def read_settled(database: Database) -> dict[Place, tuple[Outcome, datetime]]:
    """What was done, and when, by place."""
    rows = await database.execute(_READ)
    return {Place(*place): (outcome, settled) async for *place, outcome, settled in rows}


async def settle(database: Database, places: Collection[Place], outcome: Outcome) -> None:
    """Keep what was done with letters, for as long as the topic may hold them."""
    columns = [list(column) for column in zip(*places, strict=True)]
    if columns:
        await database.execute(_SETTLE, [outcome, *columns])
        await database.execute(_FORGET)
