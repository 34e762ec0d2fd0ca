"""How far intake has come, and what waits for delivery and for the log."""

from dataclasses import dataclass
from typing import Any, Final

from psycopg import AsyncConnection

from istmo_common.watching import Queue

__all__ = ["Waits", "read_waits"]

_STORED: Final = "SELECT topic, partition, position FROM offsets"
# An endpoint waits from when its next item is due: told, and the attempt before it settled. One that is held now is at
# work on it; a holder that is gone lets it lapse. What fails or is paused is named by itself.
_QUEUES: Final = """
    SELECT 'deliver', count(*), extract(epoch FROM clock_timestamp() - min(greatest(d.due, i.told)))::float8
    FROM deliveries d JOIN subscriptions s ON s.id = d.subscription JOIN views v ON v.id = s.view
    JOIN items i ON i.view = v.id AND i.epoch = s.epoch AND i.number = d.delivered + 1
    WHERE d.paused IS NULL AND d.due <= now() AND v.last > d.delivered
    UNION ALL SELECT 'relay', count(*), extract(epoch FROM clock_timestamp() - min(recorded))::float8 FROM outbox"""


@dataclass(frozen=True, slots=True)
class Waits:
    """`stored`: of each partition that was read, by (topic without prefix, number), the offset of the next record."""

    stored: dict[tuple[str, int], int]
    queues: list[Queue]


async def read_waits(connection: AsyncConnection[Any]) -> Waits:
    """Both, now."""
    stored = {(topic, number): position async for topic, number, position in await connection.execute(_STORED)}
    return Waits(stored, [Queue(*row) async for row in await connection.execute(_QUEUES)])
