"""The workers, put together: fold, match, resolve, relay. Each role is one process, of which any number may run."""

import asyncio
import contextlib
import os
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from importlib.resources import files
from typing import Final

from psycopg import OperationalError

from istmo_common.forgetting import forget_now_and_then
from istmo_common.heartbeat import heartbeat
from istmo_common.kafka.consumer import ConsumerConfig, run_consumer
from istmo_common.kafka.dead_letters import DeadLetters
from istmo_common.kafka.positions import PostgresPositions
from istmo_common.kafka.producer import LogProducer, ProducerConfig
from istmo_common.kafka.transport import TransportConfig
from istmo_common.postgres import Pool, open_pool
from istmo_common.preparing import Stopped, prepare_tables, prepare_topics
from istmo_registry.claiming import PACE, Claimer, claim_rounds
from istmo_registry.domain.handles import handle
from istmo_registry.domain.parameters import PARAMETERS
from istmo_registry.parked_records import fold_parked_records, fold_parked_when
from istmo_registry.settings import RegistrySettings
from istmo_registry.stages.claims import Done
from istmo_registry.stages.fold import Folding
from istmo_registry.stages.loop import rounds
from istmo_registry.stages.reading import TOPICS, Folder, read_message
from istmo_registry.stages.relay import relay
from istmo_registry.stages.running import Runner
from istmo_registry.stages.sending import LogSender
from istmo_registry.stages.waking import waking
from istmo_registry.store import outbox
from istmo_registry.store.parked import PARKED
from istmo_registry.sweeping import Sweep, sweep_now_and_then

__all__ = ["MIGRATIONS", "WORKERS", "Worker"]

Worker = Callable[[RegistrySettings, asyncio.Event], Awaitable[None]]

MIGRATIONS: Final = files("istmo_registry.store") / "migrations"
"""The registry's tables."""

_LEASE_SECONDS: Final = 15.0
_SENT_AT_ONCE: Final = 500
_SWEEP_EVERY: Final = timedelta(hours=1)
_FOLLOWED: Final = ("arrivals", "stage_records")


@asynccontextmanager
async def _tables(settings: RegistrySettings, stop: asyncio.Event) -> AsyncIterator[Pool]:
    async with open_pool(_url(settings), settings.schema_name, max_size=2) as pool:
        await prepare_tables(pool, settings.schema_name, MIGRATIONS, stop)
        yield pool


@asynccontextmanager
async def _producer(settings: RegistrySettings, stop: asyncio.Event) -> AsyncIterator[LogProducer]:
    await prepare_topics(settings, stop)
    transport = TransportConfig(settings.kafka, client_id="istmo-registry")
    async with LogProducer(ProducerConfig(transport, settings.topic_prefix)) as producer:
        yield producer


def _url(settings: RegistrySettings) -> str:
    return settings.postgres_url.get_secret_value()


def _application(role: str) -> str:
    """As PostgreSQL knows the connection."""
    return f"istmo-registry {role} {os.getpid()}"


@asynccontextmanager
async def _runner(settings: RegistrySettings, role: str, sender: LogSender | None = None) -> AsyncIterator[Runner]:
    runner = Runner(_url(settings), settings.schema_name, _application(role), sender)
    try:
        yield runner
    finally:
        await runner.close()


async def _fold(settings: RegistrySettings, stop: asyncio.Event) -> None:
    handle_of = partial(handle, settings.handle_key.get_secret_value().encode())
    config = ConsumerConfig(
        settings.kafka, "registry-fold", TOPICS, settings.topic_prefix, transient=(OperationalError,)
    )
    async with (
        _tables(settings, stop) as pool,
        _producer(settings, stop) as producer,
        _runner(settings, "fold") as runner,
        _runner(settings, "fold again") as second,
        # Rung by whoever takes partitions up, and by an operator who wants it tried again.
        waking(_url(settings), settings.schema_name, PARKED) as taken_up,
        heartbeat() as heart,
    ):
        folder, again = (Folder(one, Folding(handle_of, PARAMETERS)) for one in (runner, second))
        retry = partial(fold_parked_records, settings.kafka, settings.topic_prefix, second, again)
        retrying = asyncio.create_task(fold_parked_when(taken_up, retry))
        try:
            await run_consumer(
                replace(config, beat=heart.pulse("fold")),
                parse=read_message,
                handle=folder.handle,
                positions=PostgresPositions(pool),
                dead_letters=DeadLetters(producer),
                stop=stop,
                taken_up=taken_up,
            )
        finally:
            retrying.cancel()
            await asyncio.wait({retrying})


async def _claim(stage: Claimer, settings: RegistrySettings, stop: asyncio.Event) -> None:
    async with _tables(settings, stop), heartbeat() as heart:
        schema, name = settings.schema_name, _application(stage)
        await claim_rounds(_url(settings), schema, name, stage, stop, heart.pulse(stage))


async def _relay(settings: RegistrySettings, stop: asyncio.Event) -> None:
    holder = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
    async with (
        _tables(settings, stop) as pool,
        _producer(settings, stop) as producer,
        _runner(settings, "relay", LogSender(producer)) as runner,
        _runner(settings, "sweep") as sweeper,
        waking(_url(settings), settings.schema_name, outbox.OUTBOX) as bell,
        heartbeat() as heart,
    ):

        async def round_() -> Done:
            return await runner.run(relay(holder, _LEASE_SECONDS, _SENT_AT_ONCE))

        sweep = Sweep(settings.kafka, settings.topic_prefix, sweeper, pool)
        beside = [
            asyncio.create_task(sweep_now_and_then(sweep, _SWEEP_EVERY)),
            asyncio.create_task(forget_now_and_then(pool, _FOLLOWED, settings.keep_stage_records)),
        ]
        try:
            await rounds(stop, bell, round_, PACE, heart.pulse("relay"))
        finally:
            for task in beside:
                task.cancel()
            await asyncio.wait(beside)


def _stoppable(worker: Worker) -> Worker:
    async def run(settings: RegistrySettings, stop: asyncio.Event) -> None:
        with contextlib.suppress(Stopped):
            await worker(settings, stop)

    return run


WORKERS: Final[dict[str, Worker]] = {
    "fold": _stoppable(_fold),
    "match": _stoppable(partial(_claim, "match")),
    "resolve": _stoppable(partial(_claim, "resolve")),
    "relay": _stoppable(_relay),
}
"""By role: what runs until it is asked to stop, then drains."""
