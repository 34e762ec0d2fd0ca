"""Positions in the log, kept beside the state that the records made (design promise: offsets live with the state).

The functions here work on a table that the service's migrations make, in the connection's search path:

    CREATE TABLE offsets (
        topic text COLLATE "C" NOT NULL, partition integer NOT NULL, position bigint NOT NULL,
        last_event text COLLATE "C", cluster text COLLATE "C" NOT NULL, PRIMARY KEY (topic, partition));
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from istmo_common.errors import PositionMoved
from istmo_common.kafka.batches import Move, Partition, Position

__all__ = ["Positions", "PostgresPositions", "move_positions"]

_LOAD = "SELECT topic, partition, position, last_event, cluster FROM offsets WHERE topic = ANY(%s)"
# Where nothing is expected a row begins, else the row that stands as expected moves.
_MOVE = """
WITH moves AS (
    SELECT * FROM unnest(%b::text[], %b::int[], %b::bigint[], %b::bigint[], %b::text[], %b::text[])
        AS n (topic, partition, expected, position, last_event, cluster)),
begun AS (
    INSERT INTO offsets (topic, partition, position, last_event, cluster)
    SELECT topic, partition, position, last_event, cluster FROM moves WHERE expected IS NULL
    ON CONFLICT DO NOTHING
    RETURNING topic, partition),
moved AS (
    UPDATE offsets o SET position = m.position, last_event = m.last_event, cluster = m.cluster
    FROM moves m WHERE o.topic = m.topic AND o.partition = m.partition AND o.position = m.expected
    RETURNING o.topic, o.partition)
SELECT * FROM begun UNION ALL SELECT * FROM moved
"""


class Positions(Protocol):
    """Where a consumer's positions are stored."""

    async def load(self, partitions: Collection[Partition]) -> Mapping[Partition, Position]:
        """The stored positions of these partitions; a partition that was never read is missing."""


class PostgresPositions:
    """Positions in the table `offsets` of the pool's search path."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool

    async def load(self, partitions: Collection[Partition]) -> Mapping[Partition, Position]:
        """See `Positions.load`."""
        async with self._pool.connection() as connection:
            rows = await (await connection.execute(_LOAD, [sorted({p.topic for p in partitions})])).fetchall()
        stored = {Partition(topic, number): Position(*rest) for topic, number, *rest in rows}
        return {partition: stored[partition] for partition in partitions if partition in stored}


async def move_positions(connection: AsyncConnection[Any], moves: Sequence[Move]) -> None:
    """Move positions by compare-and-set, in the transaction that stores what the batch did.

    Raises `PositionMoved` where the stored offset is not the expected one: the transaction must then be rolled back.
    """
    columns = (
        [move.partition.topic for move in moves],
        [move.partition.number for move in moves],
        [move.expected for move in moves],
        [move.to.offset for move in moves],
        [move.to.last_event for move in moves],
        [move.to.cluster for move in moves],
    )
    cursor = await connection.execute(_MOVE, columns)
    moved = {Partition(*row) for row in await cursor.fetchall()}
    for move in moves:
        if move.partition not in moved:
            raise PositionMoved(f"{move.partition.topic}/{move.partition.number} no longer stands at {move.expected}")
