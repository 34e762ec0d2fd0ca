"""Reports on the real way: from the log through fold, match and resolve, each a process, until nothing waits."""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Final

import psutil

from istmo_bench.cores import Measured, measured
from istmo_bench.grounds import Site
from istmo_bench.scale.copying import Connection
from istmo_common.events.envelope import CloudEvent
from istmo_common.kafka.producer import LogProducer, Outgoing, ProducerConfig
from istmo_common.kafka.transport import TransportConfig

__all__ = ["STAGES", "Drained", "Draining", "backend_seconds", "draining", "outgoing", "schema_of", "send"]

STAGES: Final = ("fold", "match", "resolve")

_SECONDS: Final = 1800.0
_LOOK_SECONDS: Final = 0.1
_SENT_AT_ONCE: Final = 500
_CONNECTIONS: Final = """
    SELECT pid, split_part(application_name, ' ', 2) FROM pg_stat_activity WHERE application_name LIKE %s"""
_WAITING: Final = """
    SELECT (SELECT coalesce(sum(position), 0) FROM offsets WHERE topic IN ('activities', 'transactions')),
        EXISTS (SELECT FROM dirty) OR EXISTS (SELECT FROM work), EXISTS (SELECT FROM parked)"""


@dataclass(frozen=True, slots=True)
class Drained:
    """What a series of reports took: seconds by the clock, and CPU seconds of each stage and of its connections."""

    reports: int
    seconds: float
    stages: dict[str, float]
    connections: dict[str, float]

    def cpu_seconds(self, stage: str) -> float:
        """CPU of a stage and of what PostgreSQL does for it."""
        return self.stages[stage] + self.connections[stage]


class Draining:
    """The stages at work on one platform."""

    def __init__(self, site: Site, control: Connection, processes: dict[str, Measured]) -> None:
        self._site, self._control, self._processes = site, control, processes
        self._sent = 0

    async def drain(self, events: Sequence[CloudEvent]) -> Drained:
        """Put events into the log, and see them resolved. Raises TimeoutError, RuntimeError if something is parked."""
        # All wait before the first is read: how far a stage is ahead of another is not the sender's doing.
        with self._standing_still():
            await send(self._site, [outgoing(event) for event in events])
        self._sent += len(events)
        stages, connections = self._stages(), self._connections()
        begun = time.perf_counter()
        await self._rest()
        return Drained(
            reports=len(events),
            seconds=time.perf_counter() - begun,
            stages={stage: spent - stages[stage] for stage, spent in self._stages().items()},
            connections={stage: spent - connections[stage] for stage, spent in self._connections().items()},
        )

    @contextmanager
    def _standing_still(self) -> Iterator[None]:
        for stage in self._processes.values():
            stage.process.suspend()
        try:
            yield
        finally:
            for stage in self._processes.values():
                stage.process.resume()

    async def _rest(self) -> None:
        async with asyncio.timeout(_SECONDS):
            while True:
                read, waiting, parked = self._control.execute(_WAITING).fetchall()[0]
                if parked:
                    raise RuntimeError("the registry could not do something, and parked it")
                if read == self._sent and not waiting:
                    return
                await asyncio.sleep(_LOOK_SECONDS)

    def _stages(self) -> dict[str, float]:
        return {stage: process.cpu_seconds() for stage, process in self._processes.items()}

    def _connections(self) -> dict[str, float]:
        spent: defaultdict[str, float] = defaultdict(float)
        for pid, stage in self._control.execute(_CONNECTIONS, ["istmo-registry %"]).fetchall():
            spent[stage] += backend_seconds(pid)
        return {stage: spent[stage] for stage in STAGES}


def schema_of(site: Site) -> str:
    """The schema of the registry of a platform."""
    return f"{site.schema_prefix}registry"


def backend_seconds(pid: int) -> float:
    """CPU time of a process of the database so far."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def outgoing(event: CloudEvent) -> Outgoing:
    """A report on its way into the log, with a trace of its own, as every one that comes over HTTP has."""
    topic = "activities" if event.type.startswith("activity.") else "transactions"
    stated = json.loads(event.data)
    key = json.dumps([stated["reporter"], stated["activity"]], separators=(",", ":"), ensure_ascii=False).encode()
    trace = blake2b(event.id.encode(), digest_size=24).hexdigest()
    return Outgoing.of(topic, key, replace(event, traceparent=f"00-{trace[:32]}-{trace[32:48]}-01"))


async def send(site: Site, records: Sequence[Outgoing]) -> None:
    """Put records into the log of a platform. Raises what the log says against one of them."""
    config = ProducerConfig(TransportConfig(site.grounds.kafka), site.topic_prefix, deadline_seconds=60)
    async with LogProducer(config) as producer:
        for at in range(0, len(records), _SENT_AT_ONCE):
            for outcome in await producer.send_many(records[at : at + _SENT_AT_ONCE]):
                if isinstance(outcome, Exception):
                    raise outcome


@contextmanager
def draining(site: Site, control: Connection) -> Iterator[Draining]:
    """Run one process of each stage on the tables and topics of `site`; `control` looks into its schema."""
    with ExitStack() as stack:
        environment = site.environment()
        processes = {
            stage: stack.enter_context(measured("istmo_registry", stage, environment=environment, alone=False))
            for stage in STAGES
        }
        yield Draining(site, control, processes)
