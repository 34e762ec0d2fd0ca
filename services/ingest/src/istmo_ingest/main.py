"""The composition root: everything that ingest consists of is put together here."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.resources import files
from typing import Final

from istmo_common.garbage import collect_rarely
from istmo_common.http_server import serve
from istmo_common.kafka.producer import LogProducer, ProducerConfig
from istmo_common.kafka.topics import log_answers
from istmo_common.kafka.transport import TransportConfig
from istmo_common.logs import configure_logging
from istmo_common.partners import PartnerDirectory
from istmo_common.postgres import Pool, open_pool
from istmo_common.preparing import prepare_tables, prepare_topics
from istmo_common.signals import stop_on_signals
from istmo_common.telemetry import telemetry
from istmo_ingest.adapters.accepted_ids import RedisAcceptedIds
from istmo_ingest.api.application import Parts, application
from istmo_ingest.domain.recording import RecordedTimes
from istmo_ingest.posting import Posting
from istmo_ingest.settings import IngestSettings
from istmo_ingest.store.complete_files import CompleteFiles
from istmo_ingest.store.imports import ImportJournal

__all__ = ["DEFAULT_PORT", "assemble", "run"]

DEFAULT_PORT: Final = 8701


class _Preparation:
    """Topics and tables, made or checked once. What is away at the start is waited for; reports wait for no table."""

    def __init__(self, settings: IngestSettings, pool: Pool) -> None:
        self._settings = settings
        self._pool = pool
        # It ends by being cancelled, with the serving.
        self._never = asyncio.Event()
        self.topics = False
        self.tables = False

    async def run(self) -> None:
        """Raises `TopicMismatch` or `MigrationMismatch` where waiting cannot help."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._make_topics())
            group.create_task(self._make_tables())

    async def _make_topics(self) -> None:
        await prepare_topics(self._settings, self._never)
        self.topics = True

    async def _make_tables(self) -> None:
        migrations = files("istmo_ingest.store") / "migrations"
        await prepare_tables(self._pool, _schema(self._settings), migrations, self._never)
        self.tables = True


def _schema(settings: IngestSettings) -> str:
    return f"{settings.schema_prefix}ingest"


@asynccontextmanager
async def assemble(settings: IngestSettings) -> AsyncIterator[Parts]:
    """Ingest, running: it accepts reports as soon as the log and the partners are there."""
    async with AsyncExitStack() as stack:
        transport = TransportConfig(settings.kafka, client_id="istmo-ingest")
        producer = await stack.enter_async_context(LogProducer(ProducerConfig(transport, settings.topic_prefix)))
        pool = await stack.enter_async_context(
            open_pool(settings.postgres_url.get_secret_value(), _schema(settings), timeout_seconds=2)
        )
        accepted = RedisAcceptedIds.at(settings.redis_url, settings.remember_accepted, settings.topic_prefix)
        stack.push_async_callback(accepted.close)
        directory, journal = PartnerDirectory(), ImportJournal(pool)
        preparation = _Preparation(settings, pool)
        group = await stack.enter_async_context(asyncio.TaskGroup())
        tasks = [
            group.create_task(preparation.run()),
            group.create_task(directory.follow(settings.kafka, settings.topic_prefix)),
        ]
        stack.callback(lambda: [task.cancel() for task in tasks])

        async def health() -> Mapping[str, bool]:
            return {
                "log": producer.available and preparation.topics and await log_answers(settings.kafka),
                "partners": directory.caught_up.is_set(),
                "imports": preparation.tables,
            }

        yield Parts(
            Posting(producer, accepted, journal, RecordedTimes()), journal, CompleteFiles(pool), directory, health
        )


async def run(settings: IngestSettings) -> None:
    """Serve until the process is asked to end."""
    configure_logging("istmo-ingest")
    collect_rarely()
    with telemetry("istmo-ingest"):
        stop = stop_on_signals()
        async with assemble(settings) as parts:
            await serve(application(parts), settings.host, settings.port or DEFAULT_PORT, stop)
