"""What must be there before notify works: its tables, the public lists, the topics. What is away is waited for."""

import asyncio
import contextlib
from importlib.resources import files
from typing import Final

import structlog
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from istmo_common.errors import BrokerUnavailable
from istmo_common.kafka.topics import ensure_topics
from istmo_common.postgres import Pool, migrate
from istmo_notify.domain.views import PUBLIC_VIEWS
from istmo_notify.settings import NotifySettings
from istmo_notify.store import lists

__all__ = ["prepare_tables", "prepare_topics"]

_log = structlog.get_logger(__name__)
_AGAIN_SECONDS: Final = 1.0


async def prepare_tables(settings: NotifySettings, pool: Pool, stop: asyncio.Event) -> bool:
    """Make or check the tables; False where the process was asked to end first. Raises `MigrationMismatch`."""
    while not stop.is_set():
        try:
            await migrate(pool, settings.schema_name, files("istmo_notify.store") / "migrations")
            async with pool.connection() as connection:
                for view in PUBLIC_VIEWS:
                    await lists.open_view(connection, view)
        except (OperationalError, PoolTimeout) as error:
            _log.warning("the tables cannot be checked yet", reason=type(error).__name__)
            await _wait_a_little(stop)
        else:
            return True
    return False


async def prepare_topics(settings: NotifySettings, stop: asyncio.Event) -> bool:
    """Make or check the topics; False where the process was asked to end first. Raises `TopicMismatch`."""
    while not stop.is_set():
        try:
            await ensure_topics(
                settings.kafka,
                settings.topic_prefix,
                partitions=settings.partitions,
                replication_factor=settings.replication_factor,
            )
        except BrokerUnavailable as error:
            _log.warning("the topics cannot be checked yet", reason=str(error))
            await _wait_a_little(stop)
        else:
            return True
    return False


async def _wait_a_little(stop: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), _AGAIN_SECONDS)
