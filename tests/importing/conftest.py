"""Ingest alone, as a stack's folder shows it, and IATI files to import."""

import asyncio
import hashlib
import itertools
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest
from aiokafka import AIOKafkaConsumer

from istmo_common.events.envelope import CloudEvent
from istmo_common.kafka.producer import LogProducer, ProducerConfig
from istmo_common.kafka.topics import ensure_topics
from istmo_common.kafka.transport import TransportConfig
from istmo_stack.folder import Addresses, DataFolder
from istmo_stack.ports import free_port
from istmo_stack.testing import Broker, Server

_COUNT = itertools.count(1)
_ACTIVITY = """  <iati-activity last-updated-datetime="2026-03-31T18:00:00" default-currency="USD" xml:lang="es">
    <iati-identifier>XI-ONG-{file}-{number}</iati-identifier>
    <reporting-org ref="XI-ONG-{file}" type="21"><narrative>ONG</narrative></reporting-org>
    <title><narrative>Prevención {number}</narrative></title>
    <description><narrative>Talleres.</narrative></description>
    <participating-org role="4"><narrative>ONG</narrative></participating-org>
    <activity-status code="2"/><activity-date type="2" iso-date="2026-01-01"/>
    <result type="1"/>
    <transaction><transaction-type code="3"/><transaction-date iso-date="2026-02-01"/>
      <value currency="{currency}" value-date="2026-02-01">{number}.50</value></transaction>
  </iati-activity>
"""


@dataclass(frozen=True)
class IngestAlone:
    """An ingest that runs: its data folder, its log, and the headers that carry the desk's key.

    All tests of a run share it; each imports a file of its own.
    """

    data: Path
    url: str
    kafka: str
    topic_prefix: str
    headers: dict[str, str]

    @property
    def other_key_file(self) -> Path:
        """The key of a partner that owns no organisation of these files."""
        return self.data / "ong.key"

    def imports(self, file: Path) -> list[dict[str, object]]:
        """The desk's imports of this file, the newest first."""
        answer = httpx.get(f"{self.url}/v1/imports", headers=self.headers)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        return [each for each in answer.raise_for_status().json()["imports"] if each["sha256"] == digest]

    def recorded(self, file: Path) -> list[CloudEvent]:
        """Every activity report that came from this file into the log."""
        ids = {each["import_id"] for each in self.imports(file)}
        recorded = asyncio.run(_recorded(self.kafka, f"{self.topic_prefix}activities"))
        return [event for event in recorded if event.import_id in ids]


async def _recorded(kafka: str, topic: str) -> list[CloudEvent]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        while not consumer.assignment():  # noqa: ASYNC110 - the library has no event for it
            await asyncio.sleep(0.01)
        ends = await consumer.end_offsets(consumer.assignment())
        found: list[CloudEvent] = []
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += [CloudEvent.from_headers(record.headers, record.value) for record in records]
    finally:
        await consumer.stop()
    return found


async def _make_partners_known(kafka: str, topic_prefix: str) -> None:
    await ensure_topics(kafka, topic_prefix)
    async with LogProducer(ProducerConfig(TransportConfig(kafka), topic_prefix=topic_prefix)) as producer:
        await producer.send("partners", b"desk", _partner("desk", custodian_of="unclaimed"))
        await producer.send("partners", b"ong", _partner("ong", owns=["XI-ANOTHER"]))


def _partner(id: str, **fields: object) -> CloudEvent:
    key = {"id": "k", "sha256": hashlib.sha256(b"secret").hexdigest()}
    record = {"id": id, "name": id, "kind": "civil-society", "language": "en", "keys": [key], "version": 1} | fields
    data = json.dumps(record).encode()
    return CloudEvent(id, "/registry", "partner.changed", data, "2026-01-01T00:00:00.000000Z")


@pytest.fixture(scope="session")
def ingest(
    kafka: Broker, valkey: Server, postgres: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[IngestAlone]:
    """A folder in which a stack seems to run, of which only ingest is there."""
    prefix = f"import{secrets.token_hex(4)}"
    asyncio.run(_make_partners_known(kafka.bootstrap_servers, f"{prefix}-"))
    port, folder = free_port(), DataFolder(tmp_path_factory.mktemp("ingest") / "data")
    environment = os.environ | {
        "ISTMO_KAFKA": kafka.bootstrap_servers,
        "ISTMO_REDIS_URL": valkey.url,
        "ISTMO_POSTGRES_URL": postgres.url,
        "ISTMO_TOPIC_PREFIX": f"{prefix}-",
        "ISTMO_SCHEMA_PREFIX": f"{prefix}_",
        "ISTMO_PORT": str(port),
    }
    url = f"http://127.0.0.1:{port}"
    with folder.held():
        folder.publish(Addresses(url, "", "", kafka.bootstrap_servers, "", "", ""))
        folder.desk_key_file.write_text("istmo_desk_secret\n")
        (folder.root / "ong.key").write_text("istmo_ong_secret\n")
        process = subprocess.Popen([sys.executable, "-m", "istmo_ingest", "api"], env=environment)
        try:
            _wait_ready(url)
            headers = {"Authorization": "Bearer istmo_desk_secret"}
            yield IngestAlone(folder.root, url, kafka.bootstrap_servers, f"{prefix}-", headers)
        finally:
            process.kill()
            process.wait()
            with psycopg.connect(postgres.url, autocommit=True) as connection:
                connection.execute(f"DROP SCHEMA IF EXISTS {prefix}_ingest CASCADE".encode())


def _wait_ready(url: str) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError("ingest did not become ready")


@pytest.fixture
def iati_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file of `count` activities with one transaction each; `like` another, it has the same ones.

    It leaves out those `without`, and those in a currency that does not exist are refused.
    """

    def write(
        count: int,
        *,
        currency: str = "USD",
        end: str = "</iati-activities>",
        like: Path | None = None,
        without: Collection[int] = (),
        refused: Collection[int] = (),
    ) -> Path:
        edition = next(_COUNT)
        file = edition if like is None else int(like.stem.split("-")[1])
        path = tmp_path / f"plan-{file}-{edition}.xml"
        activities = (
            _ACTIVITY.format(file=file, number=n, currency="XXY" if n in refused else currency)
            for n in range(1, count + 1)
            if n not in without
        )
        path.write_text(f'<iati-activities version="2.03">\n{"".join(activities)}{end}', encoding="utf-8")
        return path

    return write
