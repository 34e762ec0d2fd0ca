"""The consumer loop in one process, on a real broker: batches, positions, dead letters, a handler that is slow."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from istmo_common.errors import InvalidEvent, LogDoesNotFit, PositionMoved, TooManyInvalid
from istmo_common.events.envelope import CloudEvent
from istmo_common.kafka.batches import Batch, Move, Partition, Position, RawRecord, read_event
from istmo_common.kafka.consumer import ConsumerConfig, run_consumer
from istmo_common.kafka.dead_letters import DeadLetters
from istmo_common.kafka.positions import Positions, PostgresPositions, move_positions
from istmo_common.kafka.producer import Acknowledged, LogProducer, Outgoing
from istmo_common.postgres import Pool
from istmo_stack.testing import Broker

Handle = Callable[[Batch[CloudEvent | None]], Awaitable[None]]


class Reader:
    """A consumer under test: what it has committed, and what it does before it commits."""

    def __init__(self, config: ConsumerConfig, pool: Pool, producer: LogProducer) -> None:
        self.config = config
        self.pool = pool
        self.committed: list[str] = []
        self.batches: list[int] = []
        self.before_commit: Callable[[Batch[CloudEvent | None]], Awaitable[None]] | None = None
        self.positions: Positions = PostgresPositions(pool)
        self._dead_letters = DeadLetters(producer)
        self._progress = asyncio.Event()

    async def handle(self, batch: Batch[CloudEvent | None]) -> None:
        """Commit the positions, and remember what was committed with them."""
        if self.before_commit is not None:
            await self.before_commit(batch)
        async with self.pool.connection() as connection:
            await move_positions(connection, batch.moves)
        self.batches.append(len(batch.records))
        self.committed += [record.message.id for record in batch.records if record.message is not None]
        self._progress.set()

    async def run(self, stop: asyncio.Event, parse: Callable[[RawRecord], CloudEvent | None] = read_event) -> None:
        """Read until `stop`."""
        await run_consumer(
            self.config,
            parse=parse,
            handle=self.handle,
            positions=self.positions,
            dead_letters=self._dead_letters,
            stop=stop,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Read while the block runs."""
        stop = asyncio.Event()
        task = asyncio.create_task(self.run(stop))
        try:
            yield
        finally:
            stop.set()
            await task

    async def until_committed(self, count: int) -> None:
        """Return when `count` events are committed."""
        async with asyncio.timeout(20):
            while len(self.committed) < count:
                await self._progress.wait()
                self._progress.clear()


@pytest.fixture
def reader(kafka: Broker, topics: str, pool: Pool, producer: LogProducer) -> Reader:
    """A consumer of `activities`, not yet running."""
    config = ConsumerConfig(
        kafka.bootstrap_servers, "reader", ("activities",), topic_prefix=topics, session_timeout_seconds=2.0
    )
    return Reader(config, pool, producer)


@pytest.fixture
def send(producer: LogProducer, make_event: Callable[..., CloudEvent]) -> Callable[..., Awaitable[None]]:
    """Send events with these ids, all under one key."""

    async def send(*ids: str) -> None:
        outcomes = await producer.send_many([Outgoing.of("activities", b"k", make_event(one)) for one in ids])
        assert all(isinstance(outcome, Acknowledged) for outcome in outcomes)

    return send


async def _offsets(pool: Pool) -> list[tuple[Any, ...]]:
    async with pool.connection() as connection:
        return await (await connection.execute("SELECT position, last_event FROM offsets ORDER BY 1")).fetchall()


async def test_goes_on_where_the_state_is(reader: Reader, send: Callable[..., Awaitable[None]]) -> None:
    """A worker that comes back reads what came since its last commit, and nothing twice."""
    await send("1", "2", "3")
    async with reader.running():
        await reader.until_committed(3)
    await send("4", "5")
    async with reader.running():
        await reader.until_committed(5)

    assert ["1", "2", "3", "4", "5"] == reader.committed
    assert [(5, "5")] == await _offsets(reader.pool)


async def test_batches_are_bounded_in_records_and_bytes(
    reader: Reader, producer: LogProducer, make_event: Callable[..., CloudEvent]
) -> None:
    """However far behind a worker is, it takes on only so much at once."""
    reader.config = replace(reader.config, max_records=7, max_bytes=100_000)
    small = [Outgoing.of("activities", b"k", make_event(f"s{number}")) for number in range(20)]
    large = [Outgoing.of("activities", b"k", make_event(f"l{n}", data=b"x" * 60_000)) for n in range(4)]
    await producer.send_many([*small, *large])
    async with reader.running():
        await reader.until_committed(24)

    assert [7, 7, 7, 1, 1, 1] == reader.batches


async def test_one_poisoned_record_goes_aside_and_the_rest_goes_on(
    kafka: Broker, topics: str, reader: Reader, producer: LogProducer, send: Callable[..., Awaitable[None]]
) -> None:
    """A record that nobody can read stops nothing: it lies in the dead letters, whole, with its reason and place."""
    await send("1")
    poison = await producer.send_many([Outgoing("activities", b"k", b"\xff", (("ce_id", b"broken"),))])
    await send("2")
    async with reader.running():
        await reader.until_committed(2)

    consumer = AIOKafkaConsumer(
        topics + "dead-letters", bootstrap_servers=kafka.bootstrap_servers, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        letter = await consumer.getone()
    finally:
        await consumer.stop()
    assert isinstance(poison[0], Acknowledged)
    place = [poison[0].partition, poison[0].offset]
    assert ["1", "2"] == reader.committed
    assert (b"\xff", f'["activities","{place[0]}","{place[1]}"]'.encode()) == (letter.value, letter.key)
    assert {
        "ce_id": b"broken",
        "dead-letter-reason": b"the header ce_source is missing",
        "dead-letter-group": b"reader",
        "dead-letter-topic": b"activities",
        "dead-letter-partition": str(place[0]).encode(),
        "dead-letter-offset": str(place[1]).encode(),
        "dead-letter-key": b"k",
    } == dict(letter.headers)


async def test_everything_poisoned_stops_at_the_limit(
    kafka: Broker, topics: str, reader: Reader, send: Callable[..., Awaitable[None]]
) -> None:
    """A program that can read nothing any more stops and says why, instead of emptying the topic into dead letters."""
    reader.config = replace(reader.config, invalid_in_a_row=5, max_records=4)
    await send(*(str(number) for number in range(40)))

    def parse(raw: RawRecord) -> CloudEvent | None:
        raise InvalidEvent("no report has the type 'activity.reported'")

    with pytest.raises(TooManyInvalid, match=r"more than 5 records in a row of activities/\d .*no report has the type"):
        await asyncio.wait_for(reader.run(asyncio.Event(), parse), 20)

    consumer = AIOKafkaConsumer(
        topics + "dead-letters", bootstrap_servers=kafka.bootstrap_servers, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
    finally:
        await consumer.stop()
    assert 4 == sum(ends.values())
    assert [(4, "3")] == await _offsets(reader.pool)


async def test_a_slow_batch_costs_no_membership(reader: Reader, send: Callable[..., Awaitable[None]]) -> None:
    """A batch may take longer than the group's patience: the worker keeps its partitions and commits it once."""
    release = asyncio.Event()

    async def wait(_: Batch[CloudEvent | None]) -> None:
        await release.wait()

    reader.before_commit = wait
    reader.config = replace(reader.config, max_records=2)
    await send(*(str(number) for number in range(10)))
    async with reader.running():
        await asyncio.sleep(3.0)
        assert [] == reader.committed
        release.set()
        await reader.until_committed(10)

    assert [str(number) for number in range(10)] == reader.committed


async def test_a_batch_that_another_has_done_is_given_up(reader: Reader, send: Callable[..., Awaitable[None]]) -> None:
    """Of two workers that hold the same records only one commits; the other reads on from there."""
    await send("1", "2")

    async def overtake(batch: Batch[CloudEvent | None]) -> None:
        reader.before_commit = None
        first = batch.moves[0]
        async with reader.pool.connection() as connection:
            await move_positions(connection, [replace(first, to=replace(first.to, offset=1, last_event="1"))])

    reader.before_commit = overtake
    async with reader.running():
        await reader.until_committed(1)
    assert ["2"] == reader.committed


async def test_what_came_in_while_a_position_was_looked_up_waits_its_turn(
    reader: Reader, send: Callable[..., Awaitable[None]]
) -> None:
    """A worker that goes back to the stored position passes over nothing, though later records came in meanwhile."""
    stored = reader.positions

    class LookedUpLate:
        async def load(self, partitions: Collection[Partition]) -> Mapping[Partition, Position]:
            if reader.before_commit is None:
                await send("3")
                await asyncio.sleep(1.0)
            return await stored.load(partitions)

    async def give_up(_: Batch[CloudEvent | None]) -> None:
        reader.before_commit = None
        raise PositionMoved("as where another holds the records too")

    reader.before_commit, reader.positions = give_up, LookedUpLate()
    await send("1", "2")
    async with reader.running():
        await reader.until_committed(3)
    assert ["1", "2", "3"] == reader.committed


async def test_what_was_written_first_is_handled_first_however_far_behind_the_reader_is(
    reader: Reader, producer: LogProducer, make_event: Callable[..., CloudEvent]
) -> None:
    """A report and what belongs to it are less than a batch apart, though a fetch holds far from all of both."""
    reader.config = replace(reader.config, topics=("activities", "transactions"), max_records=20, max_bytes=130_000)
    for number in range(100):
        ids = {"activities": f"a{number}", "transactions": f"t{number}"}
        events = {topic: make_event(one, data=b"x" * 2_000) for topic, one in ids.items()}
        await producer.send_many([Outgoing.of(topic, b"k", event) for topic, event in events.items()])
    async with reader.running():
        await reader.until_committed(200)

    place = {one: at for at, one in enumerate(reader.committed)}
    apart = max(abs(place[f"a{number}"] - place[f"t{number}"]) for number in range(100))
    assert apart < 20, f"what belongs together was handled {apart} records apart"


async def test_a_partition_that_brings_nothing_is_not_waited_for_for_ever(
    reader: Reader, send: Callable[..., Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though a broker that holds older records is away, what the others bring is handled."""
    await send("1", "2", "3")
    monkeypatch.setattr(AIOKafkaConsumer, "highwater", lambda self, place: 1_000)
    async with reader.running():
        await reader.until_committed(3)

    assert ["1", "2", "3"] == reader.committed


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("cluster = 'another log'", "it had read a log with the id another log"),
        ("position = 99", "it had read up to 99, and this log ends at 3"),
        ("last_event = 'another event'", "another event stands where it had read"),
    ],
)
async def test_another_log_stops_the_worker_with_the_remedy(
    reader: Reader, send: Callable[..., Awaitable[None]], change: str, said: str
) -> None:
    """After a restore that does not fit, a worker stops and says what to do, instead of going on in the wrong place."""
    await send("1", "2", "3")
    async with reader.running():
        await reader.until_committed(3)
    async with reader.pool.connection() as connection:
        await connection.execute(f"UPDATE offsets SET {change}".encode())

    with pytest.raises(LogDoesNotFit) as stopped:
        await asyncio.wait_for(reader.run(asyncio.Event()), 20)
    assert said in str(stopped.value)
    assert "Bring back the log and the tables of one and the same moment" in str(stopped.value)


async def test_what_the_handler_raises_ends_the_worker_and_commits_nothing(
    reader: Reader, send: Callable[..., Awaitable[None]]
) -> None:
    """A fault in a service is not hidden by the loop: the process ends with it, and its batch is read again."""
    await send("1")

    async def fail(_: Batch[CloudEvent | None]) -> None:
        raise ConnectionError("a fault of the service's own")

    reader.before_commit = fail
    with pytest.raises(ConnectionError, match="a fault of the service's own"):
        await asyncio.wait_for(reader.run(asyncio.Event()), 20)
    assert [] == await _offsets(reader.pool)

    reader.before_commit = None
    async with reader.running():
        await reader.until_committed(1)
    assert ["1"] == reader.committed


async def test_a_passing_fault_is_waited_out(reader: Reader, send: Callable[..., Awaitable[None]]) -> None:
    """A database that is away for a moment costs a worker a moment, not its life."""
    await send("1")
    failures = iter([True, True, False])

    async def fail(_: Batch[CloudEvent | None]) -> None:
        if next(failures):
            raise ConnectionError("the database is away")

    reader.before_commit = fail
    reader.config = replace(reader.config, transient=(ConnectionError,))
    async with reader.running():
        await reader.until_committed(1)
    assert ["1"] == reader.committed


async def test_positions_move_only_from_where_they_were_read(pool: Pool) -> None:
    """Two workers can never both commit what comes after one position."""
    begin = Move(Partition("activities", 0), None, Position(5, "e", "log"))
    async with pool.connection() as connection:
        await move_positions(connection, [begin])
        await move_positions(connection, [replace(begin, expected=5, to=Position(9, "f", "log"))])
    for stale in (begin, replace(begin, expected=5)):
        with pytest.raises(PositionMoved):
            async with pool.connection() as connection:
                await move_positions(connection, [stale])
    assert [(9, "f")] == await _offsets(pool)


async def test_a_handler_that_hangs_gives_no_sign_of_life(reader: Reader, send: Callable[..., Awaitable[None]]) -> None:
    """A wedged worker is seen to be one, though it goes on polling and the group keeps it; an idle one is alive."""
    beats = 0
    hanging, go_on = asyncio.Event(), asyncio.Event()

    def beat() -> None:
        nonlocal beats
        beats += 1

    async def hang(_: Batch[CloudEvent | None]) -> None:
        hanging.set()
        await go_on.wait()

    reader.config = replace(reader.config, beat=beat)
    async with reader.running():
        await send("1")
        await reader.until_committed(1)
        idle = beats
        await asyncio.sleep(2.5)
        assert beats > idle
        reader.before_commit = hang
        await send("2")
        await asyncio.wait_for(hanging.wait(), 10)
        stuck = beats
        await asyncio.sleep(2.5)
        assert stuck == beats
        go_on.set()
        await reader.until_committed(2)
        await asyncio.sleep(1.5)
        assert beats > stuck
