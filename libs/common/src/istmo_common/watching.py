"""What waits in a service: how far it is behind the log, what its queues hold, and what of it no longer moves."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, NamedTuple

import structlog
from opentelemetry import metrics
from psycopg import Error
from psycopg_pool import PoolTimeout
from pydantic import BaseModel, ConfigDict

from istmo_common.kafka.batches import Partition

__all__ = [
    "LagDocument",
    "Limits",
    "Movement",
    "Picture",
    "Queue",
    "QueueDocument",
    "Watching",
    "lags_of",
    "stuck",
    "watch",
]

_EVERY_SECONDS: Final = 15.0

_log = structlog.get_logger(__name__)
_meter = metrics.get_meter("istmo_common.watching")
_lag = _meter.create_gauge("istmo.consumer.lag", "{record}", "Records of a partition that are not taken in yet")
_rows = _meter.create_gauge("istmo.queue.rows", "{row}", "Rows that wait for a stage")
_age = _meter.create_gauge("istmo.queue.oldest_age", "s", "How long the oldest row waits for a stage")
_parked = _meter.create_gauge("istmo.parked", "{item}", "What stages have set aside")
_stuck = _meter.create_gauge("istmo.stuck", "{item}", "What waits longer than it should")


class LagDocument(BaseModel):
    """A partition: `stored` is the next record to take in, `end` the next to be written, `lag` what lies between.

    The latter two are None while the log does not answer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    topic: str
    partition: int
    stored: int
    end: int | None = None
    lag: int | None = None


class QueueDocument(BaseModel):
    """What waits for a stage: how many rows, and for how long the oldest of them; None where there is none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stage: str
    rows: int
    oldest_seconds: float | None


class Queue(NamedTuple):
    """Rows that wait for a stage, and since how many seconds the oldest does."""

    stage: str
    rows: int
    oldest_seconds: float | None

    def document(self) -> QueueDocument:
        """As it is told."""
        return QueueDocument(**self._asdict())


@dataclass(frozen=True, slots=True)
class Limits:
    """How long something may wait before it is called stuck. Committed, and the same everywhere."""

    lag_unmoved: timedelta = timedelta(seconds=60)
    oldest_row: timedelta = timedelta(seconds=120)


LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Picture:
    """A service at one moment. `unmoved_seconds`: for how long a partition that is behind has not moved."""

    lags: tuple[LagDocument, ...]
    queues: tuple[Queue, ...]
    parked: int
    unmoved_seconds: Mapping[Partition, float]


class Movement:
    """Remembers since when each partition that is behind stands where it stands, as far as this process has looked."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: dict[Partition, tuple[int, float]] = {}

    def note(self, lags: Iterable[LagDocument]) -> dict[Partition, float]:
        """Of the partitions that are behind, the seconds since they last moved."""
        now, unmoved = self._clock(), {}
        for lag in lags:
            partition = Partition(lag.topic, lag.partition)
            if not lag.lag:
                self._since.pop(partition, None)
                continue
            if self._since.get(partition, (None, now))[0] != lag.stored:
                self._since[partition] = (lag.stored, now)
            unmoved[partition] = now - self._since[partition][1]
        return unmoved


@dataclass(frozen=True, slots=True)
class Watching:
    """Puts pictures together: `ends` says where the log ends."""

    ends: Callable[[], Awaitable[Mapping[Partition, int]]]
    movement: Movement = field(default_factory=Movement)

    async def picture(self, stored: Mapping[tuple[str, int], int], queues: Iterable[Queue], parked: int = 0) -> Picture:
        """The picture that stored positions by (topic, partition), queues and a number of parked things make."""
        lags = lags_of(stored, await self.ends())
        return Picture(lags, tuple(queues), parked, self.movement.note(lags))


def lags_of(stored: Mapping[tuple[str, int], int], ends: Mapping[Partition, int]) -> tuple[LagDocument, ...]:
    """Each partition that was read, or that holds something to be read, in order."""
    known = {(partition.topic, partition.number): end for partition, end in ends.items()}
    told = []
    for topic, number in sorted(stored.keys() | {place for place, end in known.items() if end}):
        position, end = stored.get((topic, number), 0), known.get((topic, number))
        lag = None if end is None else max(0, end - position)
        told.append(LagDocument(topic=topic, partition=number, stored=position, end=end, lag=lag))
    return tuple(told)


def stuck(picture: Picture, limits: Limits = LIMITS) -> list[str]:
    """What waits longer than it should, in words for an operator."""
    found = [
        f"{partition.topic}/{partition.number} is behind and has not moved for {seconds:.0f} s"
        for partition, seconds in sorted(picture.unmoved_seconds.items())
        if seconds > limits.lag_unmoved.total_seconds()
    ]
    found += [
        f"{queue.stage}: {queue.rows} rows wait, the oldest for {queue.oldest_seconds:.0f} s"
        for queue in picture.queues
        if queue.oldest_seconds is not None and queue.oldest_seconds > limits.oldest_row.total_seconds()
    ]
    return found + ([f"parked: {picture.parked}"] if picture.parked else [])


async def watch(look: Callable[[], Awaitable[Picture]], service: str) -> None:
    """Look every 15 seconds, for ever: keep the metrics, and log once what became stuck. Run it as a task."""
    told: set[str] = set()
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        try:
            picture = await look()
        except (Error, PoolTimeout, OSError) as error:
            _log.warning("nobody can say what waits", service=service, reason=type(error).__name__)
            continue
        found = stuck(picture)
        _measure(picture, len(found))
        # By what is stuck, not for how long.
        names = {words.partition(" ")[0]: words for words in found}
        for name in sorted(names.keys() - told):
            _log.warning("stuck", service=service, what=names[name])
        told = set(names)


def _measure(picture: Picture, stuck_things: int) -> None:
    for lag in picture.lags:
        if lag.lag is not None:
            where = {"messaging.destination.name": lag.topic, "messaging.destination.partition.id": str(lag.partition)}
            _lag.set(lag.lag, {"messaging.system": "kafka", **where})
    for queue in picture.queues:
        _rows.set(queue.rows, {"istmo.stage": queue.stage})
        _age.set(queue.oldest_seconds or 0.0, {"istmo.stage": queue.stage})
    _parked.set(picture.parked)
    _stuck.set(stuck_things)
