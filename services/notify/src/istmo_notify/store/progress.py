"""How far intake has come."""

from typing import Any, Final

from psycopg import AsyncConnection

__all__ = ["stored_positions"]

_STORED: Final = "SELECT topic, partition, position FROM offsets ORDER BY topic, partition"


async def stored_positions(connection: AsyncConnection[Any]) -> list[tuple[str, int, int]]:
    """Of each partition that was read: topic (without prefix), number, offset of the next record."""
    cursor = await connection.execute(_STORED)
    return await cursor.fetchall()
