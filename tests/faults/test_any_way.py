"""Real files through real workers in the worst of ways: shuffled, twice, by two of each stage, some of them killed."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import psutil
import psycopg
import pytest

from istmo_common.canonical import canonical_report, kafka_key
from istmo_common.events.envelope import CloudEvent
from istmo_common.events.types import read_report
from istmo_common.kafka.producer import LogProducer, Outgoing, ProducerConfig
from istmo_common.kafka.topics import ensure_topics
from istmo_common.kafka.transport import TransportConfig
from istmo_oracle import fold
from istmo_oracle.worlds import WORLDS
from istmo_registry.stages.running import Runner
from istmo_registry.store.export import export
from istmo_stack.progress import End, end_offsets
from istmo_stack.testing import Broker, Server
from istmo_support.real_files import real_reports

_HANDLE_KEY: Final = "a key of thirty-two characters .."
_STAGES: Final = ("fold", "match", "resolve", "relay")
_CLAIMED_FROM: Final = {"match": "dirty", "resolve": "work"}
_BATCH: Final = 50
_SEED: Final = 20260301
_REST_SECONDS: Final = 240


def _retitled(event: CloudEvent, minute: int, prefix: str) -> CloudEvent:
    """The same activity with other titles (or again with its own), `minute` minutes later."""
    report = read_report(event).model_dump(mode="json", exclude_none=True)
    for narrative in report["title"]:
        narrative["text"] = prefix + narrative["text"]
    moment = f"2026-02-01T00:{minute:02}:00Z"
    return replace(event, id=f"{event.id}/{minute}", time=moment, recorded_time=moment, data=canonical_report(report))


def _withdrawn(event: CloudEvent, minute: int) -> CloudEvent:
    report = read_report(event)
    data = canonical_report({"reporter": report.reporter, "activity": report.activity})
    return replace(_retitled(event, minute, ""), type="activity.withdrawn", data=data)


def _history(folder: Path) -> list[CloudEvent]:
    """Both files; some activities go A → B → A, some are reported, withdrawn, reported again; and all small worlds."""
    reports = list(real_reports(folder))
    changed = [_retitled(event, 1, "Otro título: ") for event in reports[::9]]
    back = [_retitled(event, 2, "") for event in reports[::9]]
    withdrawn = [_withdrawn(event, 3) for event in reports[::11]]
    again = [_retitled(event, 4, "") for event in reports[::22]]
    worlds = [
        replace(event, id=f"{number}/{event.id}")
        for number, world in enumerate(WORLDS.values())
        for event in world.events
    ]
    return [*reports, *changed, *back, *withdrawn, *again, *worlds]


class _Workers:
    """Two processes of each stage, as they run in production."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._processes: dict[str, list[psutil.Popen]] = {stage: [] for stage in _STAGES}
        self._environment = environment
        self._folder = folder

    def start(self) -> None:
        for stage in _STAGES * 2:
            log = (self._folder / f"{stage}.log").open("ab")
            self._processes[stage].append(
                psutil.Popen(
                    [sys.executable, "-m", "istmo_registry", stage],
                    env={"PATH": os.environ["PATH"], **self._environment},
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            )
            log.close()

    def owner(self, stage: str, port: int | None) -> psutil.Popen | None:
        """The process of a stage that talks to the database from this port."""
        for process in self._processes[stage]:
            if any(connection.laddr.port == port for connection in process.net_connections("tcp")):
                return process
        return None

    def any_of(self, stage: str) -> psutil.Popen:
        return self._processes[stage][0]

    def kill(self, stage: str, process: psutil.Popen) -> None:
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        self._processes[stage].remove(process)

    def stop(self) -> None:
        for process in (each for processes in self._processes.values() for each in processes):
            process.terminate()
        for process in (each for processes in self._processes.values() for each in processes):
            process.wait(30)


class _Registry:
    """The tables, looked at from outside."""

    def __init__(self, url: str, schema: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True, options=f"-c search_path={schema}")

    def count(self, table: str) -> int:
        return int(self._connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchall()[0][0])

    def stored(self) -> dict[End, int]:
        rows = self._connection.execute("SELECT topic, partition, position FROM offsets").fetchall()
        return {(topic, partition): position for topic, partition, position in rows}

    def claimants(self, table: str) -> list[int]:
        """The ports of the clients that have taken rows of `table` and not yet committed."""
        rows = self._connection.execute(
            """SELECT a.client_port FROM pg_locks l JOIN pg_stat_activity a USING (pid)
               WHERE l.relation = %s::regclass AND l.mode = 'RowExclusiveLock' AND l.granted""",
            [table],
        )
        return [port for (port,) in rows.fetchall()]

    def ready(self) -> bool:
        return self._connection.execute("SELECT to_regclass('work') IS NOT NULL").fetchall() == [(True,)]

    def close(self) -> None:
        self._connection.close()


def _kill_one_that_has_claimed(registry: _Registry, workers: _Workers, stage: str) -> None:
    """SIGKILL a worker while rows that it took are neither done nor given back."""
    table = _CLAIMED_FROM[stage]
    deadline = time.monotonic() + _REST_SECONDS
    while time.monotonic() < deadline:
        for port in registry.claimants(table):
            process = workers.owner(stage, port)
            if process is None:
                continue
            process.suspend()
            if port in registry.claimants(table):
                workers.kill(stage, process)
                return
            process.resume()
    raise AssertionError(f"no {stage} worker was met with claimed rows")


def _behind(registry: _Registry, ends: dict[End, int]) -> bool:
    stored = registry.stored()
    return any(stored.get(partition, 0) < end for partition, end in ends.items())


def _wait(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _REST_SECONDS
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def _record(event: CloudEvent) -> Outgoing:
    report = read_report(event)
    topic = "activities" if event.type.startswith("activity.") else "transactions"
    return Outgoing.of(topic, kafka_key(report.reporter, report.activity), event)


async def _publish(kafka: str, prefix: str, events: Sequence[CloudEvent]) -> None:
    """Every batch twice, one right behind the other."""
    config = ProducerConfig(TransportConfig(kafka, client_id="test"), prefix)
    async with LogProducer(config) as producer:
        for start in range(0, len(events), _BATCH):
            batch = [_record(event) for event in events[start : start + _BATCH]]
            for _ in range(2):
                results = await producer.send_many(batch)
                assert [each for each in results if isinstance(each, Exception)] == []


@pytest.fixture
def environment(kafka: Broker, postgres: Server, topic_prefix: str, schema_prefix: str) -> dict[str, str]:
    """What the workers are told."""
    return {
        "ISTMO_KAFKA": kafka.bootstrap_servers,
        "ISTMO_POSTGRES_URL": postgres.url,
        "ISTMO_TOPIC_PREFIX": topic_prefix,
        "ISTMO_SCHEMA_PREFIX": schema_prefix,
        "ISTMO_HANDLE_KEY": _HANDLE_KEY,
    }


@pytest.fixture
def workers(environment: dict[str, str], tmp_path: Path) -> Iterator[_Workers]:
    """Two processes of each stage, gone after the test."""
    running = _Workers(environment, tmp_path)
    running.start()
    yield running
    running.stop()


@pytest.mark.timeout(900)
def test_real_files_come_to_the_same_state_in_any_way(
    real_data: Path, environment: dict[str, str], workers: _Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shuffled, interleaved, every batch twice, over two workers of each stage of which three are killed at work."""
    monkeypatch.setenv("ISTMO_TOPIC_PREFIX", environment["ISTMO_TOPIC_PREFIX"])
    broker, prefix, url = (environment[f"ISTMO_{name}"] for name in ("KAFKA", "TOPIC_PREFIX", "POSTGRES_URL"))
    schema = f"{environment['ISTMO_SCHEMA_PREFIX']}registry"
    events = _history(real_data)
    random.Random(_SEED).shuffle(events)
    registry = _Registry(url, schema)
    _wait(registry.ready, "the workers made no tables")
    asyncio.run(ensure_topics(broker, prefix))

    asyncio.run(_publish(broker, prefix, events))
    ends = end_offsets(broker, ("activities", "transactions"))
    for stage in ("match", "resolve"):
        _kill_one_that_has_claimed(registry, workers, stage)
    workers.kill("fold", workers.any_of("fold"))
    assert _behind(registry, ends), "everything was folded before the kills: they proved nothing"
    assert registry.count("dirty") + registry.count("work") > 0, "nothing was left for the others to do"
    _wait(lambda: not _behind(registry, ends), "the log was not folded to its end")
    _wait(lambda: sum(map(registry.count, ("dirty", "work", "outbox"))) == 0, "the stages did not come to rest")

    assert registry.count("parked") == 0
    registry.close()
    exported = asyncio.run(_export(url, schema))
    assert exported == fold(events, _HANDLE_KEY.encode())


async def _export(url: str, schema: str) -> list[str]:
    runner = Runner(url, schema, "test")
    try:
        return await runner.run(export(_HANDLE_KEY.encode()))
    finally:
        await runner.close()
