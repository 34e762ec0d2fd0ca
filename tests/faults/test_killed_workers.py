"""Two workers of each stage as real processes on the real log and database, one of each killed half-way."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from aiokafka import AIOKafkaConsumer
from istmo_interleavings.driving import exported

from istmo_common.canonical import canonical_report, kafka_key
from istmo_common.events.envelope import CloudEvent
from istmo_common.kafka.producer import Acknowledged, LogProducer, Outgoing, ProducerConfig
from istmo_common.kafka.topics import ensure_topics
from istmo_common.kafka.transport import TransportConfig
from istmo_oracle import fold
from istmo_oracle.worlds import WORLDS
from istmo_stack.testing import Broker, Server
from istmo_support.real_files import real_reports

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

HANDLE_KEY: Final = "a key of thirty-two characters .."
ROLES: Final = ("fold", "match", "resolve", "relay")
HELD: Final = {"fold": "event_ids", "match": "dirty", "resolve": "work"}
"""The table of which each stage has changed rows as long as it is at something."""

Database = psycopg.Connection[tuple[Any, ...]]


def _later(event: CloudEvent, minute: int, type: str, data: dict[str, Any]) -> CloudEvent:
    moment = f"2026-01-02T00:{minute:02}:00Z"
    return replace(
        event, id=f"{event.id}/{minute}", type=type, data=canonical_report(data), time=moment, recorded_time=moment
    )


def _more(place: int, event: CloudEvent) -> Iterator[CloudEvent]:
    """What happens later to a real report: A → B → A, a withdrawal and the report again, a double, a contradiction."""
    stated = json.loads(event.data)
    other = stated | {"title": [{"text": f"Another title, {place}"}]}
    name = {"reporter": stated["reporter"], "activity": stated["activity"]}
    if place % 4 == 0:
        yield _later(event, 1, event.type, other)
        yield _later(event, 2, event.type, stated)
    elif place % 4 == 1:
        yield _later(event, 1, "activity.withdrawn", name)
        yield _later(event, 2, event.type, stated)
    elif place % 4 == 2:
        yield _later(event, 1, event.type, stated | {"reporter": "XX-DOUBLE", "activity": f"double-{place}"})
    else:
        yield replace(_later(event, 1, event.type, other), id=event.id)


@pytest.fixture(scope="module")
def events(real_data: Path) -> list[CloudEvent]:
    """Both real files, what happens later, and the small worlds."""
    real = list(real_reports(real_data))
    later = [more for place, event in enumerate(real) for more in _more(place, event)]
    small = [
        replace(event, id=f"{number}/{event.id}")
        for number, world in enumerate(WORLDS.values())
        for event in world.events
    ]
    return [*real, *later, *small]


@dataclass(frozen=True)
class Platform:
    """Where the processes are to work."""

    kafka: str
    postgres: str
    topic_prefix: str
    schema_prefix: str

    @property
    def environment(self) -> dict[str, str]:
        """The settings of every process."""
        return os.environ | {
            "ISTMO_KAFKA": self.kafka,
            "ISTMO_POSTGRES_URL": self.postgres,
            "ISTMO_TOPIC_PREFIX": self.topic_prefix,
            "ISTMO_SCHEMA_PREFIX": self.schema_prefix,
            "ISTMO_HANDLE_KEY": HANDLE_KEY,
        }

    def connect(self) -> Database:
        """A connection to the registry's tables."""
        options = f"-c search_path={self.schema_prefix}registry -c timezone=UTC"
        return psycopg.connect(self.postgres, autocommit=True, options=options)


@pytest.fixture
def platform(kafka: Broker, postgres: Server, topic_prefix: str, schema_prefix: str) -> Platform:
    """Topics and schemas of this test's own."""
    return Platform(kafka.bootstrap_servers, postgres.url, topic_prefix, schema_prefix)


class _Log:
    """The events that are written to the log little by little, and where its partitions end."""

    def __init__(self, platform: Platform, events: Sequence[CloudEvent]) -> None:
        self._platform = platform
        self._waiting = list(events)
        self.ends: dict[tuple[str, int], int] = {}
        asyncio.run(ensure_topics(platform.kafka, platform.topic_prefix))

    def publish(self, count: int | None = None) -> None:
        """Write so many more; None: the rest."""
        now, self._waiting = self._waiting[:count], self._waiting[len(self._waiting) if count is None else count :]
        asyncio.run(self._publish([_outgoing(event) for event in now]))

    async def _publish(self, outgoing: Sequence[Outgoing]) -> None:
        config = ProducerConfig(TransportConfig(self._platform.kafka), self._platform.topic_prefix, deadline_seconds=30)
        async with LogProducer(config) as producer:
            for item, answer in zip(outgoing, await producer.send_many(outgoing), strict=True):
                assert isinstance(answer, Acknowledged)
                place = (item.topic, answer.partition)
                self.ends[place] = max(self.ends.get(place, 0), answer.offset + 1)


def _outgoing(event: CloudEvent) -> Outgoing:
    stated = json.loads(event.data)
    if event.type.startswith("organisation."):
        if "id" in stated:
            return Outgoing.of("organisations", stated["id"].encode(), event)
        return Outgoing.of("organisations", kafka_key(*sorted((stated["kept"], stated["merged"]))), event)
    topic = "transactions" if event.type.startswith("transaction.") else "activities"
    if event.type == "import.withdrawn":
        return Outgoing.of(topic, kafka_key(event.partner or "", stated["import_id"]), event)
    return Outgoing.of(topic, kafka_key(stated["reporter"], stated["activity"]), event)


@contextmanager
def _workers(platform: Platform) -> Iterator[dict[str, list[subprocess.Popen[bytes]]]]:
    """Two processes of each role. Those that were not killed must drain and exit 0."""
    running = {
        role: [
            subprocess.Popen([sys.executable, "-m", "istmo_registry", role], env=platform.environment) for _ in range(2)
        ]
        for role in ROLES
    }
    everyone = [process for processes in running.values() for process in processes]
    try:
        yield running
        left = [process for process in everyone if process.poll() is None]
        for process in left:
            process.terminate()
        assert [0] * len(left) == [process.wait(40) for process in left]
    finally:
        for process in everyone:
            process.kill()
            process.wait()


def _wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline, "time ran out"
        time.sleep(0.05)


def _freeze(
    database: Database, log: _Log, role: str, processes: Sequence[subprocess.Popen[bytes]]
) -> subprocess.Popen[bytes]:
    """Stop a process of this role in the middle of what it is at; if there is too little to do, write more."""
    for _ in range(60):
        log.publish(40)
        until = time.monotonic() + 1
        while time.monotonic() < until:
            for process in processes:
                process.send_signal(signal.SIGSTOP)
                # Twice: what had been asked of the database before it stopped may just be the end of it.
                if _is_at_something(database, role, process.pid):
                    time.sleep(0.05)
                    if _is_at_something(database, role, process.pid):
                        return process
                process.send_signal(signal.SIGCONT)
    raise AssertionError(f"{role} was never seen at work")


def _is_at_something(database: Database, role: str, pid: int) -> bool:
    if role == "relay":
        holding = database.execute(
            "SELECT FROM lanes WHERE holder LIKE %s AND until > now() AND EXISTS (SELECT FROM outbox)", [f"%/{pid}/%"]
        )
    else:
        holding = database.execute(
            """SELECT FROM pg_locks l JOIN pg_stat_activity s USING (pid)
               WHERE s.application_name = %s AND l.relation = %s::regclass AND l.mode = 'RowExclusiveLock'
                   AND s.query NOT LIKE %s""",
            # Beyond its claim, which may just have come back with nothing.
            [f"istmo-registry {role} {pid}", HELD[role], f"DELETE FROM {HELD[role]} %"],
        )
    return holding.fetchone() is not None


def _behind(database: Database, ends: dict[tuple[str, int], int]) -> bool:
    rows = database.execute("SELECT topic, partition, position FROM offsets").fetchall()
    stored = {(topic, partition): position for topic, partition, position in rows}
    return any(stored.get(place, 0) < end for place, end in ends.items())


def _claimed(database: Database, table: str) -> int:
    """How many rows of a queue some worker has taken and not yet done."""
    with database.transaction():
        free = f"SELECT id FROM {table} FOR UPDATE SKIP LOCKED"
        row = database.execute(f"SELECT count(*) FROM {table} WHERE id NOT IN ({free})".encode()).fetchone()
        assert row is not None
        return int(row[0])


def _at_rest(database: Database, ends: dict[tuple[str, int], int]) -> bool:
    waiting = database.execute(
        "SELECT EXISTS (SELECT FROM dirty) OR EXISTS (SELECT FROM work) OR EXISTS (SELECT FROM outbox)"
    ).fetchone()
    return waiting == (False,) and not _behind(database, ends)


async def _published(platform: Platform) -> dict[str, tuple[int, Any]]:
    """What a consumer of `programmes` knows that keeps the highest version of each key."""
    consumer = AIOKafkaConsumer(
        f"{platform.topic_prefix}programmes", bootstrap_servers=platform.kafka, auto_offset_reset="earliest"
    )
    known: dict[str, tuple[int, Any]] = {}
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        while any([await consumer.position(tp) < end for tp, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    version = int(dict(record.headers)["ce_version"])
                    if version >= known.get(record.key.decode(), (0, None))[0]:
                        value = None if record.value is None else json.loads(record.value)
                        known[record.key.decode()] = (version, value)
    finally:
        await consumer.stop()
    return known


def test_killed_workers_change_nothing(platform: Platform, events: list[CloudEvent]) -> None:
    """Whoever exports after a crash of half the workers gets what a single undisturbed worker would have come to."""
    twice = [*events, *events]
    random.shuffle(twice)  # by the seed that the test run prints
    log = _Log(platform, twice)
    with _workers(platform) as running, platform.connect() as database:
        _wait_until(lambda: _has_tables(database))
        log.publish(len(events) // 2)
        # The log is read on while the others are caught; fold is caught last, so that it is behind when all are killed.
        victims = [_freeze(database, log, role, running[role]) for role in ("match", "relay", "resolve", "fold")]
        assert _behind(database, log.ends)
        assert _claimed(database, "dirty") > 0
        assert _claimed(database, "work") > 0
        for victim in victims:
            victim.kill()
        log.publish()
        _wait_until(lambda: _at_rest(database, log.ends))
        found = exported(database)
        rows = database.execute(
            "SELECT a.handle, p.version, p.outcome FROM programmes p JOIN activities a ON a.id = p.root"
        ).fetchall()
    assert fold(events, HANDLE_KEY.encode()) == found
    stored = {
        handle: (version, None if outcome is None else {"version": version, "outcomes": [json.loads(outcome)]})
        for handle, version, outcome in rows
    }
    assert stored == asyncio.run(_published(platform))


def _has_tables(database: Database) -> bool:
    return database.execute("SELECT to_regclass('outbox') IS NOT NULL").fetchone() == (True,)
