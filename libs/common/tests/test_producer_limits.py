"""The producer's bounds, on a transport that does what the test says: memory, time, and being replaced."""

import asyncio
import time
from collections.abc import Collection
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import OutOfOrderSequenceNumber

from istmo_common.errors import BrokerUnavailable, DeliveryUnknown
from istmo_common.kafka.budget import ByteBudget
from istmo_common.kafka.producer import Acknowledged, LogProducer, Outgoing, ProducerConfig
from istmo_common.kafka.transport import Message, TransportConfig

_KIBIBYTE = 1024


class _Transport:
    """Queues messages, and answers only when told to."""

    def __init__(self) -> None:
        self.queued: list[tuple[Message, asyncio.Future[Any]]] = []
        self.closed = False

    async def append(self, message: Message) -> asyncio.Future[Any]:
        future = asyncio.get_running_loop().create_future()
        self.queued.append((message, future))
        return future

    async def close(self, grace_seconds: float) -> None:
        self.closed = True
        self.fail(ConnectionError("closed"))

    def acknowledge(self) -> None:
        for offset, (_, future) in enumerate(self.queued):
            if not future.done():
                future.set_result(SimpleNamespace(partition=0, offset=offset))

    def fail(self, error: Exception) -> None:
        for _, future in self.queued:
            if not future.done():
                future.set_exception(error)


class _Opener:
    """Opens one transport after another, and keeps them for the test to look at."""

    def __init__(self) -> None:
        self.opened: list[_Transport] = []

    async def __call__(self, topics: Collection[str]) -> _Transport:
        self.opened.append(_Transport())
        return self.opened[-1]


def _config(**changes: Any) -> ProducerConfig:
    quick = {"deadline_seconds": 0.4, "unresponsive_after_seconds": 0.15, "reopen_every_seconds": 0.02}
    return ProducerConfig(TransportConfig("nowhere:1"), **(quick | {"drain_seconds": 0.1} | changes))


def _outgoing(size: int = 10) -> Outgoing:
    return Outgoing("activities", b"k", b"x" * size)


async def test_bytes_in_flight_are_bounded() -> None:
    """However much is posted while the log is slow, the process keeps only so many bytes of it in memory."""
    opener = _Opener()
    async with LogProducer(_config(in_flight_bytes=100 * _KIBIBYTE), opener=opener) as producer:
        sending = [asyncio.create_task(producer.send_many([_outgoing(30 * _KIBIBYTE)])) for _ in range(5)]
        await asyncio.sleep(0.05)
        assert 3 == len(opener.opened[0].queued)

        opener.opened[0].acknowledge()
        await asyncio.sleep(0.05)
        assert 5 == len(opener.opened[0].queued)

        opener.opened[0].acknowledge()
        assert [Acknowledged] * 5 == [type(outcomes[0]) for outcomes in await asyncio.gather(*sending)]


async def test_waiting_for_the_budget_has_an_end() -> None:
    """Who finds no room is told so within the deadline, and that nothing was published."""
    opener = _Opener()
    config = _config(in_flight_bytes=10 * _KIBIBYTE, unresponsive_after_seconds=9.0)
    async with LogProducer(config, opener=opener) as producer:
        first, second = await asyncio.gather(
            producer.send_many([_outgoing(9 * _KIBIBYTE)]), producer.send_many([_outgoing(9 * _KIBIBYTE)])
        )
        assert [DeliveryUnknown, BrokerUnavailable] == [type(first[0]), type(second[0])]
        assert 1 == len(opener.opened[0].queued)


async def test_a_silent_broker_is_refused_at_once_until_it_answers() -> None:
    """After one that waited in vain the next are refused at once; as soon as the log answers they are taken again."""
    opener = _Opener()
    async with LogProducer(_config(), opener=opener) as producer:
        assert [DeliveryUnknown] == [type(outcome) for outcome in await producer.send_many([_outgoing()])]

        started = time.monotonic()
        assert [BrokerUnavailable] == [type(outcome) for outcome in await producer.send_many([_outgoing()])]
        assert time.monotonic() - started < 0.05

        opener.opened[0].acknowledge()
        await asyncio.sleep(0)
        assert producer.available


async def test_a_gap_in_the_sequence_replaces_the_connection() -> None:
    """A producer that the broker refuses for ever is replaced; what was in it is said to be unknown."""
    opener = _Opener()
    async with LogProducer(_config(), opener=opener) as producer:
        sending = asyncio.create_task(producer.send_many([_outgoing(), _outgoing()]))
        await asyncio.sleep(0.02)
        opener.opened[0].fail(OutOfOrderSequenceNumber())
        assert [DeliveryUnknown] * 2 == [type(outcome) for outcome in await sending]

        await asyncio.sleep(0.1)
        assert (2, True) == (len(opener.opened), opener.opened[0].closed)
        again = asyncio.create_task(producer.send("activities", b"k", None))
        await asyncio.sleep(0.02)
        opener.opened[1].acknowledge()
        assert Acknowledged(0, 0) == await again


async def test_a_connection_that_is_stuck_is_replaced() -> None:
    """A connection in which something has waited for too long is given up, and its memory with it."""
    opener = _Opener()
    async with LogProducer(_config(wedged_after_seconds=0.2), opener=opener) as producer:
        assert [DeliveryUnknown] == [type(outcome) for outcome in await producer.send_many([_outgoing()])]
        await asyncio.sleep(0.05)
        assert (2, True) == (len(opener.opened), producer.available)


async def test_a_sender_that_gives_up_keeps_its_bytes_counted() -> None:
    """A request that was cut off does not make room: its event is still in flight until the log answers."""
    opener = _Opener()
    config = _config(in_flight_bytes=10 * _KIBIBYTE, unresponsive_after_seconds=9.0)
    async with LogProducer(config, opener=opener) as producer:
        cut_off = asyncio.create_task(producer.send_many([_outgoing(9 * _KIBIBYTE)]))
        await asyncio.sleep(0.02)
        cut_off.cancel()
        assert [BrokerUnavailable] == [type(o) for o in await producer.send_many([_outgoing(9 * _KIBIBYTE)])]
        opener.opened[0].acknowledge()
        await asyncio.sleep(0)
        sending = asyncio.create_task(producer.send_many([_outgoing(9 * _KIBIBYTE)]))
        await asyncio.sleep(0.02)
        opener.opened[0].acknowledge()
        assert [Acknowledged] == [type(outcome) for outcome in await sending]


async def test_the_line_for_bytes_is_served_in_order_and_can_be_left() -> None:
    """Small events do not overtake a large one for ever, and whoever leaves the line holds nobody up."""
    budget = ByteBudget(10)
    await budget.take(8)
    large = asyncio.create_task(budget.take(9))
    small = asyncio.create_task(budget.take(2))
    await asyncio.sleep(0)
    assert (False, False) == (large.done(), small.done())

    large.cancel()
    await small
    assert 10 == budget.used_bytes
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await budget.take(1)
    budget.give_back(10)
    await budget.take(50)
    assert 50 == budget.used_bytes
