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
_MOVE = """
UPDATE offsets SET position = %s, last_event = %s, cluster = %s WHERE topic = %s AND partition = %s AND position = %s
"""
_BEGIN = """
INSERT INTO offsets (position, last_event, cluster, topic, partition) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING
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
    for move in sorted(moves, key=lambda move: move.partition):
        to = [move.to.offset, move.to.last_event, move.to.cluster, move.partition.topic, move.partition.number]
        if move.expected is None:
            cursor = await connection.execute(_BEGIN, to)
        else:
            cursor = await connection.execute(_MOVE, [*to, move.expected])
        if cursor.rowcount != 1:
            raise PositionMoved(f"{move.partition.topic}/{move.partition.number} no longer stands at {move.expected}")
