"""Waking by NOTIFY: every process of the service hears when there is something new to tell."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
import structlog
from psycopg import AsyncConnection, sql

__all__ = ["Waker", "wake"]

_WAKE: Final = "SELECT pg_notify(current_schema(), '')"
_RETRY_SECONDS: Final = 0.5

_log = structlog.get_logger(__name__)


async def wake(connection: AsyncConnection[Any]) -> None:
    """Wake everybody, once the transaction has committed."""
    await connection.execute(_WAKE)


class Waker:
    """Sets the events of those who wait in this process. They look once a second all the same: a wake can be lost."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()

    @contextmanager
    def waiting(self) -> Iterator[asyncio.Event]:
        """An event that is set whenever something is new; clear it before looking."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            yield event
        finally:
            self._waiting.discard(event)

    async def listen(self, url: str, schema: str) -> None:
        """Listen, for ever: run it as a task."""
        while True:
            try:
                async with await AsyncConnection.connect(url, autocommit=True) as connection:
                    await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(schema)))
                    # Something may have come while nobody listened.
                    self._set_all()
                    async for _ in connection.notifies():
                        self._set_all()
            except psycopg.OperationalError as error:
                _log.warning("nothing can be heard now", reason=type(error).__name__)
            await asyncio.sleep(_RETRY_SECONDS)

    def _set_all(self) -> None:
        for event in self._waiting:
            event.set()
