"""The API, put together: one process, of which any number may run behind one address."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from psycopg import Error
from psycopg_pool import PoolTimeout

from istmo_common.access import Access
from istmo_common.http_server import serve
from istmo_common.kafka.ends import LogEnds
from istmo_common.kafka.letters import Letter, read_letters
from istmo_common.kafka.producer import LogProducer, ProducerConfig
from istmo_common.kafka.topics import log_answers
from istmo_common.kafka.transport import TransportConfig
from istmo_common.partners import PartnerDirectory
from istmo_common.postgres import Pool, open_pool
from istmo_common.preparing import Stopped, prepare, prepare_tables, prepare_topics
from istmo_common.watching import Picture, Watching, watch
from istmo_registry.api.application import Parts, application
from istmo_registry.dead_letters import LetterBox
from istmo_registry.domain.directory import KNOWN_ORGANISATIONS
from istmo_registry.registering.organisations import Directory
from istmo_registry.settings import RegistrySettings
from istmo_registry.stages.reading import TOPICS
from istmo_registry.stages.running import Runner
from istmo_registry.store.export import export
from istmo_registry.store.queries_progress import read_progress
from istmo_registry.store.snapshot import snapshot
from istmo_registry.workers import MIGRATIONS

__all__ = ["DEFAULT_PORT", "assemble", "serve_api"]

DEFAULT_PORT: Final = 8702

_READY_SECONDS: Final = 1.5


class _Readiness:
    """Topics and tables are made or checked beside the serving; what is away at the start is waited for."""

    def __init__(self, settings: RegistrySettings, pool: Pool, directory: PartnerDirectory) -> None:
        self._settings, self._pool, self._directory = settings, pool, directory
        self._tables = False

    async def prepare(self, stop: asyncio.Event) -> None:
        """Raises `TopicMismatch` or `MigrationMismatch` where waiting cannot help."""
        with contextlib.suppress(Stopped):
            await prepare_tables(self._pool, self._settings.schema_name, MIGRATIONS, stop)
            self._tables = True
            await prepare("directory", self._begin_directory, stop)
            await prepare_topics(self._settings, stop)

    async def _begin_directory(self) -> None:
        await Directory(self._pool).begin_with(KNOWN_ORGANISATIONS)

    async def parts(self) -> Mapping[str, bool]:
        """Whether the database answers, its tables are as this program needs them, and the log answers."""
        database, log = await asyncio.gather(self._database_answers(), log_answers(self._settings.kafka))
        return {
            "database": database,
            "tables": self._tables,
            "log": log,
            "partners": self._directory.caught_up.is_set(),
        }

    async def _database_answers(self) -> bool:
        try:
            async with asyncio.timeout(_READY_SECONDS), self._pool.connection() as database:
                await database.execute("SELECT")
        except (Error, PoolTimeout, TimeoutError):
            return False
        return True


@asynccontextmanager
async def assemble(settings: RegistrySettings, stop: asyncio.Event) -> AsyncIterator[Parts]:
    """The API's parts, running: it answers as soon as the tables are there."""
    url, schema = settings.postgres_url.get_secret_value(), settings.schema_name
    handle_key = settings.handle_key.get_secret_value().encode()

    async def export_all() -> Iterable[str]:
        runner = Runner(url, schema, "istmo-registry export")
        try:
            return await runner.run(export(handle_key))
        finally:
            await runner.close()

    async def read_all() -> list[Letter]:
        return await read_letters(settings.kafka, settings.topic_prefix)

    transport = TransportConfig(settings.kafka, client_id="istmo-registry")
    async with (
        open_pool(url, schema, timeout_seconds=5) as pool,
        LogProducer(ProducerConfig(transport, settings.topic_prefix)) as producer,
        asyncio.TaskGroup() as group,
    ):
        directory = PartnerDirectory()
        readiness = _Readiness(settings, pool, directory)
        letters = LetterBox(read_all, producer, pool)
        watching = Watching(LogEnds(settings.kafka, settings.topic_prefix, TOPICS))
        tasks = [
            group.create_task(readiness.prepare(stop)),
            group.create_task(directory.follow(settings.kafka, settings.topic_prefix)),
            group.create_task(watch(partial(_look, pool, watching), "registry")),
        ]
        try:
            yield Parts(
                pool, Access(directory, settings.admin_key_sha256), export_all, readiness.parts, watching, letters
            )
        finally:
            for task in tasks:
                task.cancel()


async def _look(pool: Pool, watching: Watching) -> Picture:
    async with snapshot(pool) as database:
        read = await read_progress(database)
    return await watching.picture(read.stored, read.queues, len(read.parked))


async def serve_api(settings: RegistrySettings, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then finish what was begun."""
    async with assemble(settings, stop) as parts:
        port = DEFAULT_PORT if settings.port is None else settings.port
        await serve(application(parts), settings.host, port, stop)
