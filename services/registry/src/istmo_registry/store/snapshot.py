"""Reading many things as they stood at one moment."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

__all__ = ["Database", "Pool", "snapshot"]

Database = AsyncConnection[tuple[Any, ...]]
Pool = AsyncConnectionPool[Database]


@asynccontextmanager
async def snapshot(pool: Pool) -> AsyncIterator[Database]:
    """A connection in one transaction that sees the tables as they are now, and cannot change them."""
    async with pool.connection() as database, database.transaction():
        await database.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield database
