"""The database of the journal of imports, which answers soon or not at all."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from psycopg import AsyncConnection, OperationalError
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from istmo_ingest.errors import ImportsUnavailable

__all__ = ["JournalDatabase"]

_PATIENCE_SECONDS: Final = 2.0


class JournalDatabase:
    """Runs one statement at a time. Its methods raise `ImportsUnavailable` while the database is away."""

    def __init__(self, pool: "AsyncConnectionPool[AsyncConnection[Any]]") -> None:
        self._pool = pool

    async def rows(self, query: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What a query answers, by column."""
        async with self._connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(query, values)
            return await cursor.fetchall()

    async def execute(self, statement: str, values: Mapping[str, Any]) -> None:
        """Run a statement that answers nothing."""
        async with self._connection() as connection:
            await connection.execute(statement, values)

    @asynccontextmanager
    async def _connection(self) -> "AsyncIterator[AsyncConnection[Any]]":
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS), self._pool.connection() as connection:
                yield connection
        except (OperationalError, PoolTimeout, TimeoutError) as error:
            raise ImportsUnavailable(f"the journal of imports does not answer: {type(error).__name__}") from error
