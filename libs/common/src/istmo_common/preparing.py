"""What must be there before a process works: its tables and the topics. What is away at the start is waited for."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from importlib.resources.abc import Traversable
from typing import Final

import structlog
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from istmo_common.errors import BrokerUnavailable
from istmo_common.kafka.topics import ensure_topics
from istmo_common.postgres import Pool, migrate
from istmo_common.settings import CommonSettings

__all__ = ["Stopped", "prepare", "prepare_tables", "prepare_topics"]

_log = structlog.get_logger(__name__)
_AGAIN_SECONDS: Final = 1.0


class Stopped(Exception):
    """The process was asked to end before it had begun."""


async def prepare(what: str, attempt: Callable[[], Awaitable[None]], stop: asyncio.Event) -> None:
    """Make `attempt` once a second until broker or database are there for it. `what` is named in the log.

    Raises what `attempt` does where waiting cannot help, `Stopped` once `stop` is set.
    """
    while True:
        try:
            await attempt()
        except (OperationalError, PoolTimeout) as error:
            # The text of a database's error may quote what was asked; its kind says enough.
            _log.warning("cannot be prepared yet", what=what, reason=type(error).__name__)
        except BrokerUnavailable as error:
            _log.warning("cannot be prepared yet", what=what, reason=str(error))
        else:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _AGAIN_SECONDS)
            raise Stopped


async def prepare_tables(pool: Pool, schema: str, migrations: Traversable, stop: asyncio.Event) -> None:
    """Make or check the tables of `schema`. Raises `MigrationMismatch`, `Stopped`."""
    await prepare("tables", lambda: migrate(pool, schema, migrations), stop)


async def prepare_topics(settings: CommonSettings, stop: asyncio.Event) -> None:
    """Make or check the topics. Raises `TopicMismatch`, `Stopped`."""
    await prepare(
        "topics",
        lambda: ensure_topics(
            settings.kafka,
            settings.topic_prefix,
            partitions=settings.partitions,
            replication_factor=settings.replication_factor,
        ),
        stop,
    )
