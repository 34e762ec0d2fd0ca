"""What happens when things die: a worker, the broker, the producer's standing with it."""

import asyncio
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from istmo_common.errors import DeliveryUnknown, LogError
from istmo_common.events.envelope import CloudEvent
from istmo_common.kafka.batches import Batch, Partition, Position, read_event
from istmo_common.kafka.compacted import read_compacted
from istmo_common.kafka.consumer import ConsumerConfig, run_consumer
from istmo_common.kafka.dead_letters import DeadLetters
from istmo_common.kafka.producer import Acknowledged, LogProducer, Outgoing, ProducerConfig
from istmo_common.kafka.topics import ensure_topics
from istmo_common.kafka.transport import KafkaTransport, TransportConfig
from istmo_common.postgres import Pool
from istmo_stack.kafka import LocalKafka
from istmo_stack.testing import Broker, Server

_WORKER = Path(__file__).with_name("log_worker.py")


async def _worker(broker: str, prefix: str, url: str, schema: str, name: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, _WORKER, broker, prefix, url, schema, name, "0.05", stderr=asyncio.subprocess.DEVNULL
    )


async def _seen(pool: Pool) -> dict[str, Counter[str]]:
    async with pool.connection() as connection:
        rows = await (await connection.execute("SELECT worker, event FROM seen")).fetchall()
    workers = {worker for worker, _ in rows}
    return {worker: Counter(event for by, event in rows if by == worker) for worker in workers}


async def _until(pool: Pool, enough: Callable[[dict[str, Counter[str]]], bool]) -> dict[str, Counter[str]]:
    async with asyncio.timeout(30):
        while True:
            seen = await _seen(pool)
            if enough(seen):
                return seen
            await asyncio.sleep(0.05)


async def _send(producer: LogProducer, make_event: Callable[..., CloudEvent], begin: int, count: int) -> int:
    numbers = range(begin, begin + count)
    outcomes = await producer.send_many([Outgoing.of("activities", b"k%d" % n, make_event(str(n))) for n in numbers])
    assert all(isinstance(outcome, Acknowledged) for outcome in outcomes)
    return count


async def test_the_work_of_a_killed_worker_is_taken_over_whole(
    kafka: Broker,
    postgres: Server,
    topics: str,
    schema_prefix: str,
    pool: Pool,
    producer: LogProducer,
    make_event: Callable[..., CloudEvent],
) -> None:
    """A worker killed in the middle of a batch loses nothing and leaves nothing counted twice."""
    place = (kafka.bootstrap_servers, topics, postgres.url, f"{schema_prefix}reader")
    workers = {name: await _worker(*place, name) for name in ("killed", "left")}
    total = 0
    try:
        # Both are at work before one is killed, and there is more to do than they can finish.
        while len(await _seen(pool)) < 2:
            outgoing = [
                Outgoing.of("activities", f"k{n}".encode(), make_event(str(n))) for n in range(total, total + 40)
            ]
            assert all(isinstance(outcome, Acknowledged) for outcome in await producer.send_many(outgoing))
            total += 40
            await asyncio.sleep(0.2)
        outgoing = [Outgoing.of("activities", f"k{n}".encode(), make_event(str(n))) for n in range(total, total + 800)]
        await producer.send_many(outgoing)
        total += 800
        await asyncio.sleep(0.25)
        workers["killed"].kill()
        at_the_kill = sum(counted.total() for counted in (await _seen(pool)).values())
        assert at_the_kill < total

        seen = await _until(pool, lambda seen: sum(counted.total() for counted in seen.values()) >= total)
        assert {str(n): 1 for n in range(total)} == dict(seen["killed"] + seen["left"])

        workers["left"].send_signal(signal.SIGTERM)
        assert 0 == await asyncio.wait_for(workers["left"].wait(), 10)
    finally:
        for worker in workers.values():
            if worker.returncode is None:
                worker.kill()
            await worker.wait()


async def test_a_worker_asked_to_end_finishes_its_batch(
    kafka: Broker,
    postgres: Server,
    topics: str,
    schema_prefix: str,
    pool: Pool,
    producer: LogProducer,
    make_event: Callable[..., CloudEvent],
) -> None:
    """SIGTERM in the middle of the work: the batch in hand is committed, the process exits 0, the rest is left."""
    worker = await _worker(kafka.bootstrap_servers, topics, postgres.url, f"{schema_prefix}reader", "one")
    try:
        await producer.send_many([Outgoing.of("activities", b"k", make_event(str(n))) for n in range(400)])
        await _until(pool, bool)
        worker.send_signal(signal.SIGTERM)
        assert 0 == await asyncio.wait_for(worker.wait(), 10)
    finally:
        if worker.returncode is None:
            worker.kill()
        await worker.wait()

    committed = (await _seen(pool))["one"]
    async with pool.connection() as connection:
        position = await (await connection.execute("SELECT position FROM offsets")).fetchall()
    assert {str(n): 1 for n in range(len(committed))} == dict(committed)
    assert ([(len(committed),)], True) == (position, len(committed) < 400)


class _Client:
    """Sends one event after another and keeps what became of each, and how long the answer took."""

    def __init__(self, producer: LogProducer, make_event: Callable[..., CloudEvent]) -> None:
        self._producer = producer
        self._make_event = make_event
        self.acknowledged: set[str] = set()
        self.refused: list[tuple[str, float]] = []
        self._number = 0

    async def send(self) -> str:
        """Send the next one, and say what became of it."""
        name = str(self._number)
        self._number += 1
        started = time.monotonic()
        try:
            await self._producer.send("activities", name.encode(), self._make_event(name))
        except LogError as error:
            self.refused.append((type(error).__name__, time.monotonic() - started))
            return type(error).__name__
        self.acknowledged.add(name)
        return "Acknowledged"

    async def send_until(self, outcome: str) -> None:
        """Send until this is what becomes of one."""
        async with asyncio.timeout(60):
            became = ""
            while became != outcome:
                became = await self.send()
                await asyncio.sleep(0.02)


class _Memory:
    """Positions and events kept together, as a database would."""

    def __init__(self) -> None:
        self.positions: dict[Partition, Position] = {}
        self.events: Counter[str] = Counter()

    async def load(self, partitions: Collection[Partition]) -> Mapping[Partition, Position]:
        """What is stored."""
        return self.positions

    async def handle(self, batch: Batch[CloudEvent | None]) -> None:
        """Store a batch whole."""
        self.positions |= {move.partition: move.to for move in batch.moves}
        self.events.update(record.message.id for record in batch.records if record.message is not None)

    async def until(self, ids: set[str]) -> None:
        """Return when these have been read."""
        async with asyncio.timeout(30):
            missing = ids
            while missing:
                await asyncio.sleep(0.05)
                missing = ids - self.events.keys()


async def test_the_broker_killed_and_back(own_kafka: LocalKafka, make_event: Callable[..., CloudEvent]) -> None:
    """What was acknowledged survives the broker and is read once; while it is away every answer comes in time."""
    broker, memory, stop = own_kafka.bootstrap_servers, _Memory(), asyncio.Event()
    await ensure_topics(broker)
    async with LogProducer(ProducerConfig(TransportConfig(broker), deadline_seconds=2.5)) as producer:
        reading = asyncio.create_task(
            run_consumer(
                ConsumerConfig(broker, "reader", ("activities",)),
                parse=read_event,
                handle=memory.handle,
                positions=memory,
                dead_letters=DeadLetters(producer),
                stop=stop,
            )
        )
        known: list[bytes] = []
        caught_up = asyncio.Event()
        following = asyncio.create_task(read_compacted(broker, "partners", lambda key, _: known.append(key), caught_up))
        await producer.send("partners", b"before", make_event("before"))
        client = _Client(producer, make_event)
        for _ in range(50):
            assert "Acknowledged" == await client.send()
        await memory.until(client.acknowledged)

        await asyncio.to_thread(own_kafka.kill)
        await client.send_until("BrokerUnavailable")
        known_to_be_away = len(client.refused)
        for _ in range(20):
            assert "BrokerUnavailable" == await client.send()

        await asyncio.to_thread(own_kafka.start)
        await client.send_until("Acknowledged")
        for _ in range(20):
            assert "Acknowledged" == await client.send()
        await memory.until(client.acknowledged)
        await producer.send("partners", b"after", make_event("after"))
        async with asyncio.timeout(20):
            await caught_up.wait()
            while known[-1:] != [b"after"]:  # noqa: ASYNC110 - a plain list does not call
                await asyncio.sleep(0.05)
        stop.set()
        await asyncio.wait_for(reading, 20)
        following.cancel()
        await asyncio.wait({following})

    assert [b"before", b"after"] == known
    assert {1} == set(memory.events.values())
    assert max(took for _, took in client.refused) < 3.0
    assert max(took for _, took in client.refused[known_to_be_away : known_to_be_away + 20]) < 0.1


async def test_a_producer_that_the_broker_refuses_for_ever_is_replaced(
    kafka: Broker, topics: str, make_event: Callable[..., CloudEvent]
) -> None:
    """Out of step with the broker's sequence numbers, a producer recovers by itself instead of staying broken."""
    opened: list[KafkaTransport] = []
    transport = TransportConfig(kafka.bootstrap_servers)

    async def open_and_keep(names: Any) -> KafkaTransport:
        opened.append(await KafkaTransport.open(transport, names))
        return opened[-1]

    async with LogProducer(ProducerConfig(transport, topic_prefix=topics), opener=open_and_keep) as producer:
        place = await producer.send("activities", b"k", make_event("1"))
        # What a batch that expired leaves behind: the next sequence number skips some.
        producing = opened[0]._producer
        [tp] = [tp for tp in producing._txn_manager._sequence_numbers if tp.partition == place.partition]
        producing._txn_manager.increment_sequence_number(tp, 5)

        outcomes = await producer.send_many([Outgoing.of("activities", b"k", make_event("2"))])
        assert [DeliveryUnknown] == [type(outcome) for outcome in outcomes]
        client = _Client(producer, make_event)
        await client.send_until("Acknowledged")
        assert (2, True) == (len(opened), producing._closed)
