"""Letting go of what is kept for operators for a time only: stage records, by the moment they ended."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import structlog
from psycopg import OperationalError, sql
from psycopg.errors import UndefinedTable
from psycopg_pool import PoolTimeout

from istmo_common.postgres import Pool

__all__ = ["forget", "forget_now_and_then"]

_AT_ONCE: Final = 10_000
_EVERY: Final = timedelta(minutes=10)
_FORGET: Final = """
    DELETE FROM {table} WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM {table} WHERE ended < now() - %(keep)s::interval LIMIT %(limit)s FOR UPDATE SKIP LOCKED))"""

_log = structlog.get_logger(__name__)


async def forget(pool: Pool, tables: Sequence[str], keep: timedelta) -> int:
    """Delete what ended longer than `keep` ago from `tables` of the pool's schema, in short transactions; how many."""
    forgotten = 0
    for table in tables:
        statement = sql.SQL(_FORGET).format(table=sql.Identifier(table))
        while True:
            async with pool.connection() as connection:
                gone = await connection.execute(statement, {"keep": keep, "limit": _AT_ONCE})
            forgotten += gone.rowcount
            if gone.rowcount < _AT_ONCE:
                break
    return forgotten


async def forget_now_and_then(pool: Pool, tables: Sequence[str], keep: timedelta) -> None:
    """Do so every ten minutes, for ever: run it as a task. A database that is away is asked the next time."""
    while True:
        await asyncio.sleep(_EVERY.total_seconds())
        try:
            await forget(pool, tables, keep)
        except (OperationalError, PoolTimeout, UndefinedTable) as error:
            _log.warning("old stage records cannot be forgotten now", reason=type(error).__name__)
