"""The one way into the log: acknowledged by all replicas, bounded in memory and in time, mended when it breaks."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, Self, TypeAlias

import structlog
from aiokafka.errors import KafkaError

from istmo_common.errors import BrokerUnavailable, DeliveryUnknown, EventTooLarge, LogError
from istmo_common.events.envelope import CloudEvent, Headers
from istmo_common.kafka.budget import ByteBudget
from istmo_common.kafka.spans import publish_spans
from istmo_common.kafka.topics import TOPICS
from istmo_common.kafka.transport import KafkaTransport, Message, Transport, TransportConfig

__all__ = ["Acknowledged", "Log", "LogProducer", "Outgoing", "ProducerConfig"]

_log = structlog.get_logger(__name__)

_Fate: TypeAlias = "asyncio.Future[Any] | LogError | None"
"""What is known of a message: the answer to come, or why there will be none. None where it did not get that far."""
Opener = Callable[[Collection[str]], Awaitable[Transport]]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What goes to a topic of the platform (its declared name, without prefix). `value` None is a tombstone."""

    topic: str
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()

    @classmethod
    def of(cls, topic: str, key: bytes, event: CloudEvent | None) -> Self:
        """An event for `topic`, or a tombstone."""
        if event is None:
            return cls(topic, key, None)
        return cls(topic, key, event.data, tuple(event.headers()))


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Where the log keeps a record."""

    partition: int
    offset: int


class Log(Protocol):
    """What takes events, and says of each what became of it: `LogProducer`, or what stands in for it."""

    async def send_many(self, outgoing: Sequence[Outgoing]) -> list[Acknowledged | LogError]:
        """One outcome for each, in order."""


@dataclass(frozen=True, slots=True)
class ProducerConfig:
    """A producer. Every answer comes within `deadline_seconds`.

    When nothing was acknowledged for `unresponsive_after_seconds` although something waits, the broker counts as away
    and what comes is refused at once. When something waits longer than `wedged_after_seconds`, the connection is
    replaced. `in_flight_bytes` bounds what waits for acknowledgement.
    """

    transport: TransportConfig
    topic_prefix: str = ""
    deadline_seconds: float = 4.0
    unresponsive_after_seconds: float = 2.0
    wedged_after_seconds: float = 10.0
    in_flight_bytes: int = 64 * 1024 * 1024
    reopen_every_seconds: float = 0.25
    drain_seconds: float = 5.0


@dataclass(slots=True, eq=False)
class _Flight:
    """What one sending has with the log: by which connection, since when, how many bytes, and the answers to come."""

    transport: Transport
    since: float
    size: int
    answers: "list[asyncio.Future[Any]]"


class LogProducer:
    """Writes events, and says of each what became of it. Use as an async context manager; share one per process.

    Entering succeeds with the broker away: it is looked for in the background, and sends are refused until it is there.
    """

    def __init__(self, config: ProducerConfig, *, opener: Opener | None = None) -> None:
        self._config = config
        self._open = opener or (lambda topics: KafkaTransport.open(config.transport, topics))
        self._budget = ByteBudget(config.in_flight_bytes)
        self._transport: Transport | None = None
        self._topics: set[str] = set()
        # In the order of sending, so that the first is the oldest.
        self._flights: dict[_Flight, None] = {}
        self._last_acknowledged = 0.0
        self._away = False
        self._doorbell = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self._try_open()
        self._keeper = asyncio.create_task(self._keep_open())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        if self._transport is not None:
            await self._transport.close(self._config.drain_seconds)
            self._transport = None
        await asyncio.gather(*self._closing)

    @property
    def available(self) -> bool:
        """Whether an event sent now has a chance; False while the broker is known to be away."""
        try:
            self._ready_transport()
        except BrokerUnavailable:
            return False
        return True

    async def send(self, topic: str, key: bytes, event: CloudEvent | None) -> Acknowledged:
        """Write one event (None: a tombstone) and wait for the acknowledgement.

        Raises `BrokerUnavailable` or `EventTooLarge` (not published), `DeliveryUnknown` (perhaps published).
        """
        outcome = (await self.send_many([Outgoing.of(topic, key, event)]))[0]
        if isinstance(outcome, LogError):
            raise outcome
        return outcome

    async def send_many(self, outgoing: Sequence[Outgoing]) -> list[Acknowledged | LogError]:
        """Write events, those of one key in the order given, and say of each in turn what became of it.

        Nothing is raised for one of them: an error stands in its place.
        """
        with publish_spans([(item.topic, item.headers) for item in outgoing]) as spans:
            fates: list[_Fate] = [None] * len(outgoing)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._config.deadline_seconds):
                    await self._fly(outgoing, spans.headers, fates)
            outcomes = [_outcome(fate) for fate in fates]
            for index, outcome in enumerate(outcomes):
                if isinstance(outcome, LogError):
                    spans.fail(index, outcome)
            return outcomes

    async def _fly(self, outgoing: Sequence[Outgoing], headers: Sequence[Headers], fates: "list[_Fate]") -> None:
        """Queue messages, and wait for all answers. `fates` has what is known of each, also where this is cut off."""
        prefix = self._config.topic_prefix
        fitting: list[tuple[int, Message]] = []
        total = 0
        for index, item in enumerate(outgoing):
            message = Message(prefix + item.topic, item.key, item.value, headers[index])
            size, limit = message.size, TOPICS[item.topic].max_message_bytes
            if size > limit:
                fates[index] = EventTooLarge(f"a record of {size} bytes; the topic {item.topic} takes {limit}")
            else:
                fitting.append((index, message))
                total += size
        try:
            if fitting:
                self._ready_transport()
                await self._budget.take(total)
                await self._queue(fitting, total, fates)
        except BrokerUnavailable as refusal:
            fates[:] = [fate or refusal for fate in fates]

    async def _queue(self, messages: Iterable[tuple[int, Message]], size: int, fates: "list[_Fate]") -> None:
        answers: list[asyncio.Future[Any]] = []
        try:
            transport = self._ready_transport()
        except BrokerUnavailable:
            self._budget.give_back(size)
            raise
        flight = _Flight(transport, asyncio.get_running_loop().time(), size, answers)
        self._flights[flight] = None
        try:
            for index, message in messages:
                fates[index] = answer = await transport.append(message)
                answers.append(answer)
                self._topics.add(message.topic)
            for answer in answers:
                if not answer.done():
                    await _wait_for(answer)
                    self._hear(flight, answer)
        except KafkaError as error:
            self._drop(transport, error)
            raise BrokerUnavailable("the connection to the log broke") from error
        finally:
            self._land(flight)

    def _hear(self, flight: _Flight, answer: "asyncio.Future[Any]") -> None:
        failure = answer.exception()
        if failure is None:
            self._last_acknowledged = asyncio.get_running_loop().time()
        else:
            # A batch that failed after it got its sequence number leaves a gap: the broker refuses all that follows
            # as out of order, for ever. Only a new producer id helps.
            self._drop(flight.transport, failure)

    def _land(self, flight: _Flight) -> None:
        """Its bytes are free once the log has answered all of it, whether anybody still waits for that or not."""
        for answer in flight.answers:
            if not answer.done():
                answer.add_done_callback(partial(self._land_later, flight))
                return
            if answer.exception() is not None:
                self._hear(flight, answer)
        del self._flights[flight]
        self._budget.give_back(flight.size)

    def _land_later(self, flight: _Flight, answer: "asyncio.Future[Any]") -> None:
        self._hear(flight, answer)
        self._land(flight)

    def _ready_transport(self) -> Transport:
        if self._transport is None:
            raise BrokerUnavailable("the broker is away")
        now, patience = asyncio.get_running_loop().time(), self._config.unresponsive_after_seconds
        if self._oldest_age(now) > patience and now - self._last_acknowledged > patience:
            raise BrokerUnavailable("the broker has stopped answering")
        return self._transport

    def _oldest_age(self, now: float) -> float:
        return now - next(iter(self._flights)).since if self._flights else 0.0

    def _drop(self, transport: Transport, reason: BaseException | str) -> None:
        if self._transport is not transport:
            return
        _log.warning("the connection to the log is replaced", reason=repr(reason))
        self._transport = None
        closing = asyncio.create_task(transport.close(grace_seconds=0))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        self._doorbell.set()

    async def _keep_open(self) -> None:
        while True:
            # Not wait_for: on Python 3.11 that can swallow the cancellation that ends this task.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._config.reopen_every_seconds):
                    await self._doorbell.wait()
            self._doorbell.clear()
            if self._transport is None:
                await self._try_open()
            elif self._oldest_age(asyncio.get_running_loop().time()) > self._config.wedged_after_seconds:
                self._drop(self._transport, f"nothing moved for {self._config.wedged_after_seconds} seconds")

    async def _try_open(self) -> None:
        try:
            self._transport = await self._open(tuple(self._topics))
        except BrokerUnavailable as error:
            if not self._away:
                _log.warning("the broker is away", reason=str(error))
            self._away = True
        else:
            if self._away:
                _log.info("the broker is back")
            self._away = False


async def _wait_for(answer: "asyncio.Future[Any]") -> None:
    """Wait until there is an answer; whoever is cut off while waiting does not cancel it."""
    waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def wake(_: object) -> None:
        if not waiter.done():
            waiter.set_result(None)

    answer.add_done_callback(wake)
    await waiter


def _outcome(fate: _Fate) -> Acknowledged | LogError:
    if fate is None:
        return BrokerUnavailable("the broker did not take the record in time")
    if isinstance(fate, LogError):
        return fate
    if not fate.done():
        return DeliveryUnknown("the log did not acknowledge in time; send the event again with the same id")
    failure = fate.exception()
    if failure is not None:
        return DeliveryUnknown(f"the log answered {type(failure).__name__}; send the event again with the same id")
    metadata = fate.result()
    return Acknowledged(metadata.partition, metadata.offset)
