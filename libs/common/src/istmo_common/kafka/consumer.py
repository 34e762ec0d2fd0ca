"""The one way out of the log: batches for a handler that keeps its positions beside its state.

The loop never stops polling. While a handler works, what comes is read ahead into a buffer; when that is full the
partitions are paused, and polling goes on, so that the group never takes a busy member for a dead one.

What was written first is handled first, whatever its topic: a report and what belongs to it come in one batch, however
far behind the reader is. As in Kafka Streams that is an endeavour, not a promise: a partition of which nothing has been
read though the log has more is waited for, but not for long.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import stamina
import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import IllegalStateError, KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError

from istmo_common.errors import BrokerUnavailable, InvalidEvent, PositionMoved
from istmo_common.heartbeat import Beat, no_beat
from istmo_common.kafka.assignment import Overlap, does_not_fit, partitions_of, seek_positions
from istmo_common.kafka.batches import Batch, Buffer, Move, Partition, Position, RawRecord, Record, moves_of
from istmo_common.kafka.dead_letters import DeadLetters, InvalidTally
from istmo_common.kafka.positions import Positions
from istmo_common.kafka.spans import process_span
from istmo_common.kafka.topics import LARGEST_RECORD_BYTES, log_identity
from istmo_common.measures import consuming

__all__ = ["ConsumerConfig", "run_consumer"]

T = TypeVar("T")
R = TypeVar("R")

_POLL_MILLISECONDS: Final = 1000
_REJOIN_SECONDS: Final = 0.5
_LEAVE_SECONDS: Final = 10.0
_OLDER_SECONDS: Final = 0.25
"""So long the others wait for what a partition has and does not bring: its broker may be away."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ConsumerConfig:
    """A consumer. `group` and `topics` are declared names; `topic_prefix` is put before all of them.

    A batch has at most `max_records` and, unless one record is larger, `max_bytes`. When a partition is taken away or
    the process is asked to end, the batch in hand may finish within `revoke_seconds` and `drain_seconds`, and is
    abandoned after. `transient` errors of the handler are retried for `retry_seconds`. More than
    `invalid_in_a_row` records of one partition that break the contract stop the consumer. Batches begin
    `apart_seconds` apart, so that what comes in a steady trickle shares one. `beat` is called when the loop has gone
    round with nothing in hand, and at each attempt at a batch: a handler that hangs gives none.
    """

    bootstrap_servers: str
    group: str
    topics: tuple[str, ...]
    topic_prefix: str = ""
    max_records: int = 500
    max_bytes: int = 8 * 1024 * 1024
    session_timeout_seconds: float = 6.0
    revoke_seconds: float = 4.0
    drain_seconds: float = 20.0
    transient: tuple[type[Exception], ...] = ()
    retry_seconds: float = 60.0
    invalid_in_a_row: int = 20
    apart_seconds: float = 0.015
    beat: Beat = no_beat


async def run_consumer(
    config: ConsumerConfig,
    *,
    parse: Callable[[RawRecord], T],
    handle: Callable[[Batch[T]], Awaitable[None]],
    positions: Positions,
    dead_letters: DeadLetters,
    stop: asyncio.Event,
    taken_up: asyncio.Event | None = None,
) -> None:
    """Read as a member of the group until `stop` is set; then finish the batch in hand, leave the group and return.

    `parse` reads a record (`read_event`, or what builds on it) and raises `InvalidEvent` for one that breaks the
    contract: that goes to the dead letters. `handle` stores what a batch does together with its moves, in one
    transaction; what it raises ends the consumer, but for `PositionMoved` (the batch is given up and the stored
    positions are read again). A broker that is away is waited for. `taken_up` is set whenever partitions were given to
    this member, from the beginning or from another that left.

    Raises `LogDoesNotFit`, `TooManyInvalid`, and what `handle`, `positions` and `dead_letters` raise.
    """
    work = _Work(config, parse, handle, positions, dead_letters, taken_up)
    stopping = asyncio.create_task(stop.wait())
    reason = ""
    try:
        while not stopping.done():
            config.beat()
            try:
                await _Membership(config, work, stopping).run()
            except _WorkFailed as failed:
                raise failed.error from None
            except (BrokerUnavailable, KafkaError, OSError) as error:
                if repr(error) != reason:
                    reason = repr(error)
                    _log.warning("the log cannot be read now", group=config.group, reason=reason)
                await asyncio.wait({stopping}, timeout=_REJOIN_SECONDS)
    finally:
        stopping.cancel()


class _WorkFailed(Exception):
    """Carries an error of the service's own code past what is caught as the broker's."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(frozen=True, slots=True)
class _Work(Generic[T]):
    """What is done with records, wherever they come from."""

    config: ConsumerConfig
    parse: Callable[[RawRecord], T]
    handle: Callable[[Batch[T]], Awaitable[None]]
    positions: Positions
    dead_letters: DeadLetters
    taken_up: asyncio.Event | None

    async def load(self, partitions: Collection[Partition]) -> Mapping[Partition, Position]:
        """The stored positions."""
        return await self._patiently(lambda: self.positions.load(partitions))

    async def process(self, raws: Sequence[RawRecord], moves: tuple[Move, ...], tally: InvalidTally) -> None:
        """Read, set the invalid aside, handle the rest."""
        records, invalid = self._read(raws, tally)
        if invalid:
            await self.dead_letters.write(self.config.group, invalid)
        topics = {record.partition.topic for record in raws}
        traceparents = [record.traceparent for record in records]
        group = self.config.group
        with process_span(topics, traceparents, group=group), consuming(topics, group, len(raws)):
            await self._patiently(lambda: self.handle(Batch(records, moves)))

    def _read(
        self, raws: Sequence[RawRecord], tally: InvalidTally
    ) -> tuple[tuple[Record[T], ...], list[tuple[RawRecord, str]]]:
        records: list[Record[T]] = []
        invalid: list[tuple[RawRecord, str]] = []
        for raw in raws:
            reason = None
            try:
                records.append(Record.of(raw, self.parse(raw)))
            except InvalidEvent as error:
                reason = str(error)
                invalid.append((raw, reason))
            tally.count(raw.partition, reason)
        return tuple(records), invalid

    async def _patiently(self, act: Callable[[], Awaitable[R]]) -> R:
        attempts = stamina.retry_context(
            on=self.config.transient, attempts=None, timeout=self.config.retry_seconds, wait_max=5.0
        )
        try:
            async for attempt in attempts:
                with attempt:
                    self.config.beat()
                    return await act()
        except Exception as error:
            raise _WorkFailed(error) from error
        raise AssertionError("unreachable: the last attempt returns or raises")


class _Membership(ConsumerRebalanceListener, Generic[T]):  # type: ignore[misc]
    """One membership of the group, from joining to leaving."""

    def __init__(self, config: ConsumerConfig, work: _Work[T], stopping: "asyncio.Task[bool]") -> None:
        self._config = config
        self._work = work
        self._stopping = stopping
        self._consumer = _open(config)
        self._buffer = Buffer(config.max_records, config.max_bytes)
        self._tally = InvalidTally(config.invalid_in_a_row)
        self._overlap = Overlap(config.group)
        self._cluster = ""
        self._assigned: dict[TopicPartition, Partition] = {}
        self._stored: dict[Partition, int | None] = {}
        # What comes next after all that was read ahead.
        self._unread: dict[Partition, int] = {}
        # Whether what is assigned stands at its stored positions: nothing is handled before.
        self._ready = False
        self._in_hand: asyncio.Task[None] | None = None
        self._next_at = 0.0
        # Of which partitions nothing is at hand though the log has more, and since when by the loop's clock.
        self._behind: dict[TopicPartition, float] = {}
        self._polling: asyncio.Task[Any] | None = None

    async def run(self) -> None:
        """Join, work until asked to stop, finish the batch in hand, leave."""
        try:
            if await self._unless_stopped(self._join()):
                while not self._stopping.done():
                    await self._step()
            await self._finish(self._config.drain_seconds)
            self._conclude()
        finally:
            await self._leave()

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """The group takes partitions back: what was read ahead is let go, what is in hand may finish."""
        self._ready = False
        self._assigned = {}
        self._buffer.clear()
        await self._finish(self._config.revoke_seconds)

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """The group gave these partitions to this member. (aiokafka swallows errors here: the loop takes them up.)"""
        self._assigned = partitions_of(assigned, self._config.topic_prefix)

    async def _join(self) -> None:
        self._cluster = await log_identity(self._config.bootstrap_servers)
        self._consumer.subscribe([self._config.topic_prefix + topic for topic in self._config.topics], listener=self)
        await self._consumer.start()

    async def _step(self) -> None:
        if self._in_hand is None:
            self._config.beat()
        if self._assigned and not self._ready and self._in_hand is None:
            await self._unless_stopped(self._take_up())
        older_may_come = self._look_behind()
        if self._ready and self._in_hand is None and self._buffer and not older_may_come:
            self._in_hand = asyncio.create_task(self._process())
        self._regulate()
        if self._polling is None:
            self._polling = asyncio.create_task(self._consumer.getmany(timeout_ms=_POLL_MILLISECONDS))
        tasks = [self._stopping, self._polling, *([self._in_hand] if self._in_hand else [])]
        patience = _OLDER_SECONDS if older_may_come else None
        await asyncio.wait(tasks, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        self._conclude()
        self._take_polled()

    async def _take_up(self) -> None:
        assigned = self._assigned
        stored = await self._work.load(assigned.values())
        with contextlib.suppress(IllegalStateError):
            # Taken away again meanwhile: the next assignment is taken up in its turn.
            overlap = await seek_positions(self._consumer, assigned, stored, self._cluster, self._config.group)
            if self._assigned is assigned:
                self._overlap, self._tally = overlap, InvalidTally(self._config.invalid_in_a_row)
                self._stored = {p: stored[p].offset if p in stored else None for p in assigned.values()}
                self._unread = {partition: offset or 0 for partition, offset in self._stored.items()}
                self._buffer.clear()
                self._take_polled()
                self._ready = True
                if self._work.taken_up is not None:
                    self._work.taken_up.set()

    def _take_polled(self) -> None:
        """Take in what the last poll brought, if it has. What came before the positions were in place is let go."""
        if self._polling is not None and self._polling.done():
            polled, self._polling = self._polling, None
            self._take_in(polled)

    def _take_in(self, polled: "asyncio.Task[Any]") -> None:
        try:
            found = polled.result()
        except NoOffsetForPartitionError:
            # Kafka holds no positions of this group, and aiokafka asks it before the stored ones are in place.
            return
        except OffsetOutOfRangeError as error:
            if not self._ready:
                return
            partition = self._assigned[next(iter(error.args[0]))]
            raise does_not_fit(self._config.group, partition, "the log no longer holds what comes next") from error
        if not self._ready:
            return
        for tp, records in found.items():
            raws = [RawRecord.of(record, self._assigned[tp]) for record in records]
            self._buffer.extend(raw for raw in raws if self._overlap.admit(raw))
            self._unread[self._assigned[tp]] = raws[-1].offset + 1

    def _look_behind(self) -> bool:
        """See which partitions are behind; whether what they have may still come in time."""
        now = asyncio.get_running_loop().time()
        assigned = self._assigned if self._ready else {}
        behind = [place for place, partition in assigned.items() if self._is_behind(place, partition)]
        self._behind = {place: self._behind.get(place, now) for place in behind}
        return any(now - since < _OLDER_SECONDS for since in self._behind.values())

    def _is_behind(self, place: TopicPartition, partition: Partition) -> bool:
        return partition not in self._buffer and self._unread[partition] < (self._consumer.highwater(place) or 0)

    def _regulate(self) -> None:
        wanted = set(self._consumer.assignment()) - self._behind.keys() if self._buffer.full else set()
        paused = self._consumer.paused()
        self._consumer.pause(*wanted - paused)
        self._consumer.resume(*paused - wanted)

    async def _process(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._next_at - loop.time()))
        self._next_at = loop.time() + self._config.apart_seconds
        raws = self._buffer.cut()
        if not raws:
            # Its partitions were taken away meanwhile.
            return
        moves = moves_of(raws, self._stored, self._cluster)
        await self._work.process(raws, moves, self._tally)
        self._stored |= {move.partition: move.to.offset for move in moves}

    def _conclude(self) -> None:
        if self._in_hand is None or not self._in_hand.done():
            return
        done, self._in_hand = self._in_hand, None
        try:
            done.result()
        except asyncio.CancelledError:
            _log.warning("a batch was abandoned; it will be read again", group=self._config.group)
        except _WorkFailed as failed:
            if not isinstance(failed.error, PositionMoved):
                raise
            _log.warning("a batch was given up", group=self._config.group, reason=str(failed.error))
        else:
            return
        self._ready = False

    async def _finish(self, seconds: float) -> None:
        task = self._in_hand
        if task is None:
            return
        await asyncio.wait({task}, timeout=seconds)
        if not task.done():
            task.cancel()
            await asyncio.wait({task})

    async def _unless_stopped(self, act: Coroutine[Any, Any, None]) -> bool:
        task = asyncio.create_task(act)
        await asyncio.wait({task, self._stopping}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
            return True
        task.cancel()
        await asyncio.wait({task})
        return False

    async def _leave(self) -> None:
        for task in (self._in_hand, self._polling):
            if task is not None:
                task.cancel()
                await asyncio.wait({task})
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            async with asyncio.timeout(_LEAVE_SECONDS):
                await self._consumer.stop()


def _open(config: ConsumerConfig) -> Any:
    return AIOKafkaConsumer(
        bootstrap_servers=config.bootstrap_servers,
        group_id=config.topic_prefix + config.group,
        enable_auto_commit=False,
        # Positions come from the tables; where Kafka knows better than they do, that is an error, never a jump.
        auto_offset_reset="none",
        session_timeout_ms=int(config.session_timeout_seconds * 1000),
        heartbeat_interval_ms=int(config.session_timeout_seconds * 1000 / 4),
        # How long the group waits for a member to come back after its partitions were taken.
        rebalance_timeout_ms=int((config.revoke_seconds + config.session_timeout_seconds) * 1000),
        request_timeout_ms=20_000,
        fetch_max_bytes=config.max_bytes,
        max_partition_fetch_bytes=max(config.max_bytes, LARGEST_RECORD_BYTES),
        # The same partition of each topic goes to the same member: a key's records of all topics meet in one place.
        partition_assignment_strategy=(RangePartitionAssignor,),
    )
