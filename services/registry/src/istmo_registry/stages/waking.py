"""Waking a worker: a connection that listens, and rings a bell."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog
from psycopg import OperationalError, sql

from istmo_registry.stages.running import connect

__all__ = ["waking"]

_log = structlog.get_logger(__name__)
_AGAIN_SECONDS: Final = 1.0


@asynccontextmanager
async def waking(url: str, schema: str, channel: str) -> AsyncIterator[asyncio.Event]:
    """An event that is set whenever somebody notifies `channel` of `schema`, as long as the block runs.

    With the database away nothing rings: a worker looks once in a while all the same.
    """
    bell = asyncio.Event()
    task = asyncio.create_task(_listen(url, schema, channel, bell))
    try:
        yield bell
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _listen(url: str, schema: str, channel: str, bell: asyncio.Event) -> None:
    while True:
        try:
            async with await connect(url, schema, f"istmo-registry {channel} bell") as connection:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(f"{schema}.{channel}")))
                bell.set()
                async for _ in connection.notifies():
                    bell.set()
        except OperationalError as error:
            _log.warning("cannot listen now", channel=channel, reason=type(error).__name__)
            await asyncio.sleep(_AGAIN_SECONDS)
