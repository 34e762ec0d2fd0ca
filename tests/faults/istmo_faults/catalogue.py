"""The faults: each something that is done to a running platform, and ended."""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import psycopg
from aiokafka import AIOKafkaProducer
from redis.asyncio import Redis

from istmo_faults.clients import Client
from istmo_faults.history import Failed, History, Poisoned
from istmo_faults.launching import POINTS
from istmo_faults.processes import until
from istmo_faults.servers import Servers
from istmo_faults.subscribers import HOOK, MANNERS, WELL
from istmo_faults.world import World

__all__ = ["FAULTS", "Fault", "Scene"]

_ACCEPTED_WITHIN_SECONDS: Final = 20.0
"""On a machine that is busy with other things a client waits its turn."""
_FAILOVER_SECONDS: Final = 6.0
"""Within so long another broker leads what one that died has led."""


@dataclass(frozen=True)
class Scene:
    """Where a fault happens, and who reports meanwhile. `servers`: None where the fault is none of theirs."""

    world: World
    client: Client
    history: History
    rng: random.Random
    servers: Servers | None = None

    @property
    def own(self) -> Servers:
        """The servers, which the fault may harm."""
        assert self.servers is not None
        return self.servers


@dataclass(frozen=True)
class Fault:
    """`act` does it, and returns once it is over; what must hold meanwhile and does not is noted as failed."""

    name: str
    act: Callable[[Scene], Awaitable[None]]
    brokers: int = 1


async def _killed_at(point: str, scene: Scene) -> None:
    """A process dies by SIGKILL at a point, and is started again."""
    before = sum(process.falls for process in scene.world.everyone())
    await scene.world.reach(point)

    async def fell() -> bool:
        return sum(process.falls for process in scene.world.everyone()) > before

    await until(fell)


async def _killed(role: str, scene: Scene) -> None:
    """All processes of a role die by SIGKILL, wherever they are, and are started again."""
    await asyncio.sleep(scene.rng.uniform(0, 1))
    for process in scene.world.role(role):
        process.signal(signal.SIGKILL)
    await asyncio.sleep(1)


async def _stopped(role: str, seconds: float, scene: Scene) -> None:
    """A process stands still for so long that another takes over what it has, and then goes on."""
    [process] = scene.world.role(role)
    async with AsyncExitStack() as stack:
        if role != "ingest":
            await stack.enter_async_context(scene.world.one_more(role))
            # Until it has its share of the work.
            await asyncio.sleep(3)
        process.signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        process.revive()
        await asyncio.sleep(1)


async def _drained(scene: Scene) -> None:
    """Every process is asked to end, half of them and then the others, and is started again; each must exit 0."""
    shuffled = scene.rng.sample(scene.world.everyone(), len(scene.world.everyone()))
    half = len(shuffled) // 2
    for processes in (shuffled[:half], shuffled[half:]):
        codes = await asyncio.gather(*(process.stop() for process in processes))
        for process, code in zip(processes, codes, strict=True):
            if code:
                scene.history.note(Failed(f"{process.name}, asked to end, ended with {code}"))
            process.start()


async def _kafka_killed(scene: Scene) -> None:
    """The only broker dies and stays away for a while."""
    [broker] = scene.own.kafka.brokers
    await asyncio.to_thread(broker.kill)
    await asyncio.sleep(scene.rng.uniform(2, 5))
    await asyncio.to_thread(broker.start)
    await asyncio.to_thread(broker.wait_healthy)


async def _kafka_restarted(scene: Scene) -> None:
    """The only broker is restarted in order."""
    [broker] = scene.own.kafka.brokers
    await asyncio.to_thread(broker.stop)
    await asyncio.to_thread(broker.start)
    await asyncio.to_thread(broker.wait_healthy)


async def _broker_lost(scene: Scene) -> None:
    """One of three brokers dies; reports are taken all the same."""
    broker = scene.rng.choice(scene.own.kafka.brokers)
    await asyncio.to_thread(broker.kill)
    try:
        await asyncio.sleep(_FAILOVER_SECONDS)
        before, waited = scene.client.accepted, 0.0
        while scene.client.accepted == before and waited < _ACCEPTED_WITHIN_SECONDS:
            await asyncio.sleep(0.5)
            waited += 0.5
        if scene.client.accepted == before:
            scene.history.note(Failed("with one of three brokers away no report is accepted"))
    finally:
        await asyncio.to_thread(broker.start)
        await asyncio.to_thread(scene.own.kafka.wait_healthy)


async def _postgres_restarted(end: str, scene: Scene) -> None:
    """The database ends, in order or not, and comes back."""
    server = scene.own.postgres
    await asyncio.to_thread(server.stop if end == "stop" else server.kill)
    await asyncio.sleep(scene.rng.uniform(0, 2))
    await asyncio.to_thread(server.start)
    await asyncio.to_thread(server.wait_healthy)


async def _connections_taken(scene: Scene) -> None:
    """Others take every connection of the database, and the platform's own are cut, so that it finds none."""
    async with await psycopg.AsyncConnection.connect(scene.own.postgres.url, autocommit=True) as control:
        taken: list[Any] = []
        try:
            await _take_all(scene.own.postgres.url, taken)
            await control.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND application_name <> 'greedy'"
            )
            for _ in range(10):
                await _take_all(scene.own.postgres.url, taken)
                await asyncio.sleep(0.3)
        finally:
            for connection in taken:
                await connection.close()


async def _take_all(url: str, taken: list[Any]) -> None:
    try:
        while True:
            taken.append(await psycopg.AsyncConnection.connect(url, application_name="greedy", connect_timeout=5))
    except psycopg.OperationalError:
        return


async def _redis_flushed(scene: Scene) -> None:
    """Redis forgets everything, twice."""
    async with Redis.from_url(scene.world.places.redis) as redis:
        for _ in range(2):
            await redis.flushall()
            await asyncio.sleep(0.7)


async def _redis_stopped(scene: Scene) -> None:
    """Redis is away for a while."""
    await asyncio.to_thread(scene.own.valkey.kill)
    await asyncio.sleep(scene.rng.uniform(1, 3))
    await asyncio.to_thread(scene.own.valkey.start)
    await asyncio.to_thread(scene.own.valkey.wait_healthy)


async def _poisoned(scene: Scene) -> None:
    """Records that nobody can read stand in the log, in the middle of the others."""
    places, rng = scene.world.places, scene.rng
    forms: list[tuple[bytes | None, list[tuple[str, bytes]]]] = [
        (b"\x00\xff no event", []),
        (b'{"half":', [("ce_specversion", b"1.0"), ("ce_id", b"p"), ("ce_source", b"/p"), ("ce_type", b"unheard-of")]),
        (b"{}", [("ce_specversion", b"1.0"), ("ce_id", b"p"), ("ce_source", b"/p"), ("ce_type", b"activity.reported")]),
    ]
    async with AIOKafkaProducer(bootstrap_servers=places.kafka, acks="all") as producer:
        for topic in ("activities", "transactions", "findings", "programmes"):
            for value, headers in rng.sample(forms, len(forms)):
                key = b"poison %d" % rng.randrange(1000)
                told = await producer.send_and_wait(places.topic_prefix + topic, value, key=key, headers=headers)
                scene.history.note(Poisoned(topic, told.partition, told.offset))
                await asyncio.sleep(0.1)


async def _receiver(manner: str, scene: Scene) -> None:
    """The webhook's endpoint misbehaves for a few requests, then behaves again."""
    hook = scene.world.hook
    hook.manner, enough = MANNERS[manner], hook.misbehaved + (1 if manner == "is gone" else 2)

    async def tired() -> bool:
        return hook.misbehaved >= enough

    async def paused() -> bool:
        return (await scene.world.ask("GET", "", HOOK))["delivery"].get("paused") is not None

    try:
        await until(tired)
        if manner == "is gone":
            await until(paused)
            await asyncio.sleep(2)
    finally:
        hook.manner = WELL
    if manner == "is gone":
        await scene.world.resume_hook()


_SLUG: Final = {manner: manner.replace("is ", "").replace(" ", "-") for manner in MANNERS}

FAULTS: Final = (
    *(Fault(f"killed-{point}", partial(_killed_at, point)) for point in POINTS),
    *(Fault(f"killed-{role}", partial(_killed, role)) for role in ("registry", "notify")),
    Fault("stopped-ingest", partial(_stopped, "ingest", 5.0)),
    # Past the session of a consumer, 6 s; past the lease of a lane, 15 s; past that of an endpoint, 9 s.
    Fault("stopped-fold", partial(_stopped, "fold", 8.0)),
    Fault("stopped-relay", partial(_stopped, "relay", 16.0)),
    Fault("stopped-notify-worker", partial(_stopped, "notify-worker", 10.0)),
    Fault("drained", _drained),
    Fault("kafka-killed", _kafka_killed),
    Fault("kafka-restarted", _kafka_restarted),
    Fault("postgres-restarted", partial(_postgres_restarted, "stop")),
    Fault("postgres-killed", partial(_postgres_restarted, "kill")),
    Fault("connections-taken", _connections_taken),
    Fault("redis-flushed", _redis_flushed),
    Fault("redis-stopped", _redis_stopped),
    Fault("poison", _poisoned),
    *(Fault(f"receiver-{_SLUG[manner]}", partial(_receiver, manner)) for manner in MANNERS),
    Fault("broker-lost", _broker_lost, brokers=3),
)
"""All of them. The last needs three brokers."""
