"""Reading many things as they stood at one moment."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from psycopg import AsyncConnection

from istmo_common.postgres import Pool
from istmo_registry.store.statement import GATE, Row, Statement

__all__ = ["Database", "Pool", "execute", "snapshot"]

Database = AsyncConnection[Any]


_LONGEST_SECONDS: Final = 15.0


@asynccontextmanager
async def snapshot(pool: Pool, longest_seconds: float = _LONGEST_SECONDS) -> AsyncIterator[Database]:
    """A connection in one transaction that sees the tables as they are now, and cannot change them.

    Raises `psycopg.OperationalError` where a statement takes longer than `longest_seconds`: nobody who asks holds the
    database up for the others.
    """
    async with pool.connection() as database, database.transaction():
        await database.execute(
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; "
            f"SET LOCAL statement_timeout = {int(longest_seconds * 1000)}; {GATE}"
        )
        yield database


async def execute(database: Database, statement: Statement) -> list[Row]:
    """Execute one statement: its rows, if it gives any."""
    cursor = await database.execute(statement.sql, statement.params)
    return await cursor.fetchall() if cursor.description is not None else []
