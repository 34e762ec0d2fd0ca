"""Running stages in production: each statement on one connection, in the order in which the stage yields them."""

from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import Any, Final, TypeVar

import structlog
from psycopg import AsyncConnection, OperationalError
from psycopg.conninfo import make_conninfo
from psycopg.pq import TransactionStatus

from istmo_common.postgres import session_options
from istmo_registry.stages.relay import Answer, Send
from istmo_registry.store.statement import ROLLBACK, Row, Statement

__all__ = ["Runner", "connect"]

T = TypeVar("T")
Database = AsyncConnection[tuple[Any, ...]]
Sender = Callable[[Send], Awaitable[Sequence[Answer]]]

_log = structlog.get_logger(__name__)
_IDLE_MILLISECONDS: Final = 300_000
_KEEPALIVES: Final = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}


async def connect(url: str, schema: str, name: str) -> Database:
    """A connection that looks into `schema`, in UTC, where every transaction is opened by a statement.

    The locks of a worker that was paused in the middle of one are not held for ever: the others wait for them.
    """
    conninfo = make_conninfo(
        url,
        options=f"{session_options(schema)} -c idle_in_transaction_session_timeout={_IDLE_MILLISECONDS}",
        application_name=name,
        connect_timeout=5,
        **_KEEPALIVES,
    )
    return await AsyncConnection.connect(conninfo, autocommit=True)


class Runner:
    """Runs stages one after the other on a connection of its own, which it replaces when it breaks."""

    def __init__(self, url: str, schema: str, name: str, send: Sender | None = None) -> None:
        self._url, self._schema, self._name, self._send = url, schema, name, send
        self._connection: Database | None = None

    async def run(self, stage: Generator[Statement | Send, list[Any], T]) -> T:
        """Run a stage to its end. When a statement or the stage itself raises, nothing of it is committed."""
        if self._connection is None or self._connection.broken:
            self._connection = await connect(self._url, self._schema, self._name)
        connection = self._connection
        try:
            yielded = next(stage)
            while True:
                yielded = stage.send(await self._do(connection, yielded))
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        finally:
            stage.close()
            await self._clean(connection)

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            await self._connection.close()

    async def _do(self, connection: Database, yielded: Statement | Send) -> list[Any]:
        if isinstance(yielded, Send):
            if self._send is None:
                raise TypeError("this worker does not send")
            return list(await self._send(yielded))
        return await _execute(connection, yielded)

    async def _clean(self, connection: Database) -> None:
        """Leave no transaction open; a connection on which that cannot be had is given up."""
        if connection.info.transaction_status is TransactionStatus.IDLE:
            return
        try:
            await _execute(connection, ROLLBACK)
        except OperationalError:
            await connection.close()


async def _execute(connection: Database, statement: Statement) -> list[Row]:
    cursor = await connection.execute(statement.sql.encode(), statement.params)
    return await cursor.fetchall() if cursor.description is not None else []
