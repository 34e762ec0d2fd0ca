"""The composition root: the API and the worker, put together and run until the process is asked to end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import structlog
from psycopg import OperationalError
from psycopg.errors import UndefinedTable
from psycopg_pool import PoolTimeout

from istmo_common.access import Access
from istmo_common.forgetting import forget_now_and_then
from istmo_common.garbage import collect_rarely
from istmo_common.heartbeat import heartbeat
from istmo_common.http_server import serve
from istmo_common.kafka.consumer import ConsumerConfig, run_consumer
from istmo_common.kafka.dead_letters import DeadLetters
from istmo_common.kafka.ends import LogEnds
from istmo_common.kafka.positions import PostgresPositions
from istmo_common.kafka.producer import LogProducer, ProducerConfig
from istmo_common.kafka.transport import TransportConfig
from istmo_common.logs import configure_logging
from istmo_common.partners import PartnerDirectory
from istmo_common.postgres import Pool, open_pool
from istmo_common.preparing import Stopped, prepare_topics
from istmo_common.signals import stop_on_signals
from istmo_common.telemetry import telemetry
from istmo_common.watching import Picture, Watching, watch
from istmo_notify.api.application import Parts, application
from istmo_notify.api.streaming import Streams
from istmo_notify.api.subscriptions import Subscribing
from istmo_notify.channels.tails import Tails
from istmo_notify.channels.webhook import open_sender
from istmo_notify.feeds import Feeds
from istmo_notify.preparing import prepare_lists
from istmo_notify.settings import NotifySettings
from istmo_notify.stages.delivery import DeliveryConfig, deliver
from istmo_notify.stages.intake import GROUPS, take_in
from istmo_notify.stages.messages import TOPICS_READ, read_message
from istmo_notify.stages.relay import relay
from istmo_notify.store.epochs import close_epochs
from istmo_notify.store.progress import read_waits
from istmo_notify.store.waking import Waker

__all__ = ["DEFAULT_PORT", "ROLES", "assemble", "run", "work"]

DEFAULT_PORT: Final = 8703
_READY_SECONDS: Final = 1.5

_log = structlog.get_logger(__name__)
_TRANSIENT: Final = (OperationalError, PoolTimeout)


@dataclass(frozen=True, slots=True)
class _Common:
    """What both roles have: the tables, the partners, and the bell."""

    pool: Pool
    directory: PartnerDirectory
    waker: Waker


@asynccontextmanager
async def _common(settings: NotifySettings) -> AsyncIterator[_Common]:
    url = settings.postgres_url.get_secret_value()
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(url, settings.schema_name, timeout_seconds=5, autocommit=True))
        directory, waker = PartnerDirectory(), Waker()
        await stack.enter_async_context(
            _beside(waker.listen(url, settings.schema_name), directory.follow(settings.kafka, settings.topic_prefix))
        )
        yield _Common(pool, directory, waker)


@asynccontextmanager
async def _beside(*works: Coroutine[Any, Any, object]) -> AsyncIterator[None]:
    """Run these as long as the block runs; the error of one ends the block."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one) for one in works]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


@asynccontextmanager
async def assemble(settings: NotifySettings, stop: asyncio.Event) -> AsyncIterator[Parts]:
    """The API, ready to serve as soon as its tables and the partners are there."""
    async with AsyncExitStack() as stack:
        common = await stack.enter_async_context(_common(settings))
        tails = Tails(common.pool, common.waker, stop)
        watching = Watching(LogEnds(settings.kafka, settings.topic_prefix, TOPICS_READ))
        await stack.enter_async_context(
            _beside(
                tails.run(),
                _prepare(settings, common.pool, stop),
                watch(partial(_look, common.pool, watching), "notify"),
            )
        )

        async def health() -> Mapping[str, bool]:
            return {"tables": await _answers(common.pool), "partners": common.directory.caught_up.is_set()}

        yield Parts(
            pool=common.pool,
            feeds=Feeds(common.pool, common.directory),
            streams=Streams(tails, stop, settings.notify_heartbeat.total_seconds(), settings.notify_most_streams),
            subscribing=Subscribing(common.pool, settings.notify_most_subscriptions, settings.notify_allow_loopback),
            access=Access(common.directory, settings.admin_key_sha256),
            health=health,
            watching=watching,
        )


async def _prepare(settings: NotifySettings, pool: Pool, stop: asyncio.Event) -> None:
    with suppress(Stopped):
        await prepare_lists(settings, pool, stop)


async def _look(pool: Pool, watching: Watching) -> Picture:
    async with pool.connection() as connection:
        waits = await read_waits(connection)
    return await watching.picture(waits.stored, waits.queues)


async def _answers(pool: Pool) -> bool:
    """Whether the tables can be read."""
    try:
        async with asyncio.timeout(_READY_SECONDS), pool.connection() as connection:
            await connection.execute("SELECT FROM views LIMIT 1")
    except (*_TRANSIENT, UndefinedTable, TimeoutError):
        return False
    return True


async def work(settings: NotifySettings, stop: asyncio.Event) -> None:
    """The worker: intake, delivery and relay, until `stop` is set; then each finishes what it has in hand."""
    async with AsyncExitStack() as stack:
        common = await stack.enter_async_context(_common(settings))
        await prepare_lists(settings, common.pool, stop)
        await prepare_topics(settings, stop)
        transport = TransportConfig(settings.kafka, client_id="istmo-notify")
        producer = await stack.enter_async_context(LogProducer(ProducerConfig(transport, settings.topic_prefix)))
        sender = await stack.enter_async_context(
            open_sender(
                allow_loopback=settings.notify_allow_loopback,
                timeout_seconds=settings.notify_webhook_timeout.total_seconds(),
            )
        )
        heart = await stack.enter_async_context(heartbeat())
        kept = forget_now_and_then(common.pool, ["stage_records"], settings.keep_stage_records)
        await stack.enter_async_context(_beside(kept))
        async with asyncio.TaskGroup() as group:
            for name, topic in GROUPS.items():
                reading = ConsumerConfig(
                    settings.kafka,
                    name,
                    (topic,),
                    settings.topic_prefix,
                    transient=_TRANSIENT,
                    beat=heart.pulse(name),
                )
                group.create_task(_intake(reading, common.pool, producer, stop))
            group.create_task(relay(common.pool, producer, common.waker, stop, heart.pulse("relay")))
            await _first_of(common.directory.caught_up, stop)
            pace = DeliveryConfig(retry=settings.retry, term=settings.delivery_term)
            beat = heart.pulse("deliver")
            group.create_task(deliver(common.pool, common.directory, sender, common.waker, pace, stop, beat))


async def _intake(reading: ConsumerConfig, pool: Pool, producer: LogProducer, stop: asyncio.Event) -> None:
    await run_consumer(
        reading,
        parse=read_message,
        handle=lambda batch: take_in(pool, batch),
        positions=PostgresPositions(pool),
        dead_letters=DeadLetters(producer),
        stop=stop,
    )


async def _first_of(*events: asyncio.Event) -> None:
    tasks = {asyncio.create_task(event.wait()) for event in events}
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


async def _serve(settings: NotifySettings, stop: asyncio.Event) -> None:
    async with assemble(settings, stop) as parts:
        await serve(application(parts), settings.host, settings.port or DEFAULT_PORT, stop)


async def _restored(settings: NotifySettings, stop: asyncio.Event) -> None:
    """Once, after the tables were restored and before anything else runs on them."""
    async with open_pool(settings.postgres_url.get_secret_value(), settings.schema_name) as pool:
        await prepare_lists(settings, pool, stop)
        async with pool.connection() as connection:
            opened = await close_epochs(connection)
    _log.info("every list begins its next epoch", lists=opened)


ROLES: Final[Mapping[str, Callable[[NotifySettings, asyncio.Event], Awaitable[None]]]] = {
    "api": _serve,
    "worker": work,
    "restored": _restored,
}
"""What `python -m istmo_notify` can be; `restored` ends by itself."""


async def run(role: str, settings: NotifySettings) -> None:
    """Run one role until SIGTERM or SIGINT, then drain."""
    configure_logging("istmo-notify")
    collect_rarely()
    with telemetry("istmo-notify"), suppress(Stopped):
        await ROLES[role](settings, stop_on_signals())
