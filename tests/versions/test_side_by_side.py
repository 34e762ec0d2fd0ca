"""Two versions of every service over one log: today's, and one that knows a field and an event type more."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg
import pytest
from istmo_interleavings.driving import exported

import istmo_support
from istmo_common.canonical import canonical_report
from istmo_common.events.envelope import CloudEvent
from istmo_common.kafka.producer import LogProducer, ProducerConfig
from istmo_common.kafka.topics import ensure_topics
from istmo_common.kafka.transport import TransportConfig
from istmo_common.partners import PartnerKey, PartnerRecord, make_key
from istmo_stack.ports import free_port
from istmo_stack.testing import Broker, Server
from istmo_support.next_version import HINT

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]

NEXT: Final = ("istmo_support.next_version",)
OWNS: Final = tuple(f"XI-V-{number}" for number in range(8))


@dataclass
class _Platform:
    """Where processes of both versions work, and those that were started."""

    environment: dict[str, str]
    key: str
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, package: str, role: str, *, version: tuple[str, ...] = (), port: int | None = None) -> Any:
        """Start a process of today's version, or of the next one."""
        environment = self.environment | ({} if port is None else {"ISTMO_PORT": str(port)})
        process = subprocess.Popen([sys.executable, "-m", *version, package, role], env=environment)
        self.started.append(process)
        return process

    def ingest(self, *, version: tuple[str, ...] = ()) -> str:
        """Start an ingest, wait until it is ready; its address."""
        port = free_port()
        self.start("istmo_ingest", "api", version=version, port=port)
        url = f"http://127.0.0.1:{port}"
        _until(lambda: _ready(url))
        return url

    def post(self, url: str, *events: dict[str, Any]) -> list[dict[str, Any]]:
        """Post a batch; its receipts."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/cloudevents-batch+json"}
        answer = httpx.post(f"{url}/v1/events", content=json.dumps(events), headers=headers, timeout=20)
        receipts: list[dict[str, Any]] = answer.json()["receipts"]
        return receipts

    def connect(self, service: str, prefix: str = "") -> "psycopg.Connection[tuple[Any, ...]]":
        """A connection to the tables of a service."""
        schema = f"{prefix or self.environment['ISTMO_SCHEMA_PREFIX']}{service}"
        options = f"-c search_path={schema} -c timezone=UTC"
        return psycopg.connect(self.environment["ISTMO_POSTGRES_URL"], autocommit=True, options=options)

    @staticmethod
    def stop(*processes: subprocess.Popen[bytes]) -> None:
        """Have processes drain; each must exit 0."""
        for process in processes:
            process.terminate()
        assert [0] * len(processes) == [process.wait(40) for process in processes]


@pytest.fixture
def platform(
    kafka: Broker, postgres: Server, valkey: Server, topic_prefix: str, schema_prefix: str
) -> Iterator[_Platform]:
    """A platform with one partner, which owns several organisations."""
    key, digest = make_key("partner")
    environment = os.environ | {
        "ISTMO_KAFKA": kafka.bootstrap_servers,
        "ISTMO_POSTGRES_URL": postgres.url,
        "ISTMO_REDIS_URL": valkey.url,
        "ISTMO_TOPIC_PREFIX": topic_prefix,
        "ISTMO_SCHEMA_PREFIX": schema_prefix,
        "PYTHONPATH": str(Path(istmo_support.__file__).parents[1]),
        "ISTMO_HANDLE_KEY": "a key of thirty-two characters ..",
    }
    asyncio.run(_know_partner(kafka.bootstrap_servers, topic_prefix, digest))
    made = _Platform(environment, key)
    yield made
    for process in made.started:
        process.kill()
        process.wait()


async def _know_partner(bootstrap_servers: str, topic_prefix: str, digest: str) -> None:
    await ensure_topics(bootstrap_servers, topic_prefix)
    record = PartnerRecord(
        id="partner",
        version=1,
        name="Partner",
        kind="civil-society",
        language="en",
        owns=OWNS,
        keys=(PartnerKey(id="k", sha256=digest),),
    )
    event = CloudEvent("p1", "/istmo/registry", "partner.changed", b"", "2026-01-01T00:00:00Z")
    data = canonical_report(record.model_dump(mode="json") | {"nickname": "what only the next version knows"})
    async with LogProducer(ProducerConfig(TransportConfig(bootstrap_servers), topic_prefix)) as producer:
        await producer.send("partners", b"partner", replace(event, data=data))


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "time ran out"
        time.sleep(0.1)


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def _event(id: str, organisation: int, *, type: str = "activity.reported", **more: Any) -> dict[str, Any]:
    payment = {"type": "3", "date": "2025-05-01", "value": {"amount": "10", "currency": "USD"}}
    tranches = [payment | ({"tranche": name} if "risk" in more else {}) for name in ("first", "second")]
    return {
        "specversion": "1.0",
        "id": id,
        "source": "/versions",
        "type": type,
        "data": {
            "reporter": OWNS[organisation],
            "activity": f"{OWNS[organisation]}-1",
            "marking": {"tlp": "CLEAR"},
            "title": [{"text": f"Patrullaje conjunto en la frontera {organisation // 2}", "language": "es"}],
            "recipient_countries": [{"code": "HN", "percentage": "100"}],
            "transactions": tranches,
        }
        | more,
    }


def _quiet(database: "psycopg.Connection[tuple[Any, ...]]", activities: int) -> bool:
    """Whether so many activities have been folded and everything that follows from it is done."""
    query = """SELECT to_regclass('outbox') IS NOT NULL"""
    if database.execute(query).fetchone() != (True,):
        return False
    row = database.execute(
        """SELECT (SELECT count(*) FROM activities WHERE state = 'standing'),
                  NOT EXISTS (SELECT FROM dirty) AND NOT EXISTS (SELECT FROM work)
                  AND NOT EXISTS (SELECT FROM outbox)"""
    ).fetchone()
    return row == (activities, True)


def _parked(database: "psycopg.Connection[tuple[Any, ...]]") -> int:
    row = database.execute("SELECT count(*) FROM parked").fetchone()
    assert row is not None
    return int(row[0])


def test_two_versions_share_one_log(platform: _Platform, schema_prefix: str) -> None:
    """While a version is rolled out nothing is lost or sent aside, and afterwards all is as if it had always run."""
    old_fold = platform.start("istmo_registry", "fold")
    workers = [old_fold, platform.start("istmo_registry", "match"), platform.start("istmo_registry", "relay")]
    workers += [platform.start("istmo_registry", "resolve", version=NEXT)]
    notify = platform.start("istmo_notify", "worker")
    old, new = platform.ingest(), platform.ingest(version=NEXT)

    plain = [_event(str(number), number) for number in range(3)]
    richer = [_event(str(number), number, risk="high") for number in range(3, 6)]
    summary = _event("6", 6, type="activity-summary.reported")
    assert ["accepted"] * 3 == [receipt["status"] for receipt in platform.post(old, *plain)]
    # Whoever writes is held to the contract of its version: nothing that it does not know enters by it.
    assert {"refused"} == {receipt["status"] for receipt in platform.post(old, *richer, summary)}
    accepted = platform.post(new, *richer, summary)
    assert ["accepted"] * 4 == [receipt["status"] for receipt in accepted]

    with platform.connect("registry") as database:
        _until(lambda: _quiet(database, 6) and _parked(database) == 1)
        query = "SELECT report::json ->> 'risk' FROM activities WHERE state = 'standing' ORDER BY reporter"
        rows = database.execute(query)
        assert [(None,)] * 3 + [("high",)] * 3 == rows.fetchall()

        # What the old version could not read at all waits for the new one, and not longer.
        new_fold = platform.start("istmo_registry", "fold", version=NEXT)
        platform.stop(old_fold)
        _until(lambda: _quiet(database, 7) and _parked(database) == 0)
        mixed = exported(database)
        ids = {row[0] for row in database.execute("SELECT transaction FROM transactions")}
    assert {one for receipt in accepted for one in receipt["transactions"]} <= ids

    with platform.connect("notify") as database:
        query = "SELECT DISTINCT raised::json ->> 'hint' FROM findings WHERE raised IS NOT NULL"
        _until(lambda: database.execute(query).fetchall() == [(HINT,)])
        assert database.execute("SELECT count(*) > 0 FROM alerts").fetchone() == (True,)
    platform.stop(new_fold, notify, *workers[1:])

    # The next version alone, from the beginning of the log.
    alone = f"{schema_prefix}alone_"
    platform.environment["ISTMO_SCHEMA_PREFIX"] = alone
    for role in ("fold", "match", "resolve", "relay"):
        platform.start("istmo_registry", role, version=NEXT)
    with platform.connect("registry", alone) as database:
        _until(lambda: _quiet(database, 7))
        assert mixed == exported(database)
