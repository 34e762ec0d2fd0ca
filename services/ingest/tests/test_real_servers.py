"""Ingest on the real Kafka, Valkey and PostgreSQL."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer
from redis.asyncio import Redis

from istmo_common.canonical import canonical_json
from istmo_common.events.envelope import CloudEvent
from istmo_common.kafka.producer import LogProducer, ProducerConfig
from istmo_common.kafka.topics import ensure_topics
from istmo_common.kafka.transport import TransportConfig
from istmo_ingest.api.application import application
from istmo_ingest.main import assemble
from istmo_ingest.settings import IngestSettings
from istmo_stack.kafka import LocalKafka
from istmo_stack.ports import free_port
from istmo_stack.testing import Broker, Server

pytestmark = pytest.mark.stack

Make = Callable[..., dict[str, Any]]
STRUCTURED = {"Content-Type": "application/cloudevents+json"}


@pytest.fixture
async def settings(
    kafka: Broker, valkey: Server, postgres: Server, topic_prefix: str, schema_prefix: str, partner_events: Any
) -> IngestSettings:
    """A platform of this test's own, in which the partners are known."""
    settings = IngestSettings(
        kafka=kafka.bootstrap_servers,
        redis_url=valkey.url,
        postgres_url=postgres.url,
        topic_prefix=topic_prefix,
        schema_prefix=schema_prefix,
        partitions=2,
    )
    await publish(settings, partner_events)
    return settings


async def publish(settings: IngestSettings, partners: list[tuple[bytes, CloudEvent]]) -> None:
    await ensure_topics(settings.kafka, settings.topic_prefix, partitions=settings.partitions)
    config = ProducerConfig(TransportConfig(settings.kafka), topic_prefix=settings.topic_prefix)
    async with LogProducer(config) as producer:
        for key, event in partners:
            await producer.send("partners", key, event)


@asynccontextmanager
async def running(settings: IngestSettings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the ministry, once ingest is ready."""
    async with assemble(settings) as parts:
        transport = httpx.ASGITransport(app=application(parts))
        headers = {"Authorization": "Bearer istmo_hn_secret"}
        async with httpx.AsyncClient(transport=transport, base_url="http://ingest", headers=headers) as client:
            await until_ready(client)
            yield client


async def until_ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(30):
        while (await client.get("/readyz")).status_code != 200:  # noqa: ASYNC110 - it is another process's state
            await asyncio.sleep(0.05)


async def post(client: httpx.AsyncClient, event: dict[str, Any]) -> httpx.Response:
    return await client.post("/v1/events", content=json.dumps(event), headers=STRUCTURED)


async def read_log(settings: IngestSettings, topic: str = "activities") -> list[tuple[bytes, CloudEvent]]:
    """Everything that the topic holds now."""
    consumer = AIOKafkaConsumer(
        settings.topic_prefix + topic, bootstrap_servers=settings.kafka, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        while not consumer.assignment():  # noqa: ASYNC110 - the library has no event for it
            await asyncio.sleep(0.01)
        ends = await consumer.end_offsets(consumer.assignment())
        found = []
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += [(record.key, CloudEvent.from_headers(record.headers, record.value)) for record in records]
    finally:
        await consumer.stop()
    return found


async def test_from_a_post_into_the_log(settings: IngestSettings, event: Make) -> None:
    """What was acknowledged stands in the log as it was stated, with what ingest knows about it."""
    async with running(settings) as client:
        answer = await post(client, event(time="2026-03-31T18:00:00", subject="plan"))
    ((key, recorded),) = await read_log(settings)

    assert (202, "accepted") == (answer.status_code, answer.json()["status"])
    assert (b'["HN-SEG","HN-SEG-1"]', canonical_json(event()["data"])) == (key, recorded.data)
    assert ("e-1", "/systems/seguridad", "activity.reported", "2026-03-31T18:00:00", "plan", "hn", "owner") == (
        recorded.id,
        recorded.source,
        recorded.type,
        recorded.time,
        recorded.subject,
        recorded.partner,
        recorded.standing,
    )
    assert answer.json()["recorded_time"] == recorded.recorded_time


async def test_early_answers_live_as_long_as_redis_remembers(
    settings: IngestSettings, event: Make, activity: Make
) -> None:
    """With Redis flushed a retry is published once more, equal to the first: nothing is lost or contradicted."""
    async with running(settings) as client, Redis.from_url(settings.redis_url) as redis:
        first, second = await post(client, event()), await post(client, event())
        conflict = await post(client, event(data=activity(status="2")))
        await redis.delete(*await redis.keys(f"{settings.topic_prefix}accepted:*"))
        flushed = await post(client, event())
    hashes = {recorded.content_hash for _, recorded in await read_log(settings)}

    assert ["accepted", "duplicate", "accepted"] == [a.json()["status"] for a in (first, second, flushed)]
    assert (409, first.json()["recorded_time"]) == (conflict.status_code, second.json()["recorded_time"])
    assert len(hashes) == 1


async def test_without_redis_and_without_postgresql(settings: IngestSettings, event: Make, activity: Make) -> None:
    """Reports get through while both are away, and quickly; only what needs the import journal has to wait."""
    nowhere = f"127.0.0.1:{free_port()}"
    alone = settings.model_copy(
        update={
            "redis_url": f"redis://{nowhere}/0",
            "postgres_url": type(settings.postgres_url)(f"postgresql://{nowhere}/x"),
        }
    )
    async with assemble(alone) as parts:
        headers = {"Authorization": "Bearer istmo_hn_secret"}
        transport = httpx.ASGITransport(app=application(parts))
        async with httpx.AsyncClient(transport=transport, base_url="http://ingest", headers=headers) as client:
            async with asyncio.timeout(30):
                await parts.directory.caught_up.wait()
            started = time.monotonic()
            answers = [await post(client, event(id=f"e-{n}", data=activity(status="2"))) for n in range(3)]
            took = time.monotonic() - started
            imported = await post(client, event(id="e-9", importid="i-1"))

    assert [202, 202, 202, 503] == [answer.status_code for answer in (*answers, imported)]
    assert took < 2
    assert len(await read_log(settings)) == 3


async def test_imports(settings: IngestSettings, event: Make) -> None:
    """An import is found by its file until it is finished, and takes its own partner's events only, and then none."""
    form = {"file_name": "plan.xml", "sha256": "a" * 64, "marking": {"tlp": "GREEN", "groups": ["border"]}}
    counts = {"accepted": 1, "duplicates": 0, "refused": 0, "transactions": 0}
    async with running(settings) as client:
        opened, resumed = [await client.post("/v1/imports", json=form) for _ in range(2)]
        import_id = opened.json()["import_id"]
        within = await post(client, event(importid=import_id))
        others = await client.get(f"/v1/imports/{import_id}", headers={"Authorization": "Bearer istmo_us_secret"})
        finished, again = [await client.post(f"/v1/imports/{import_id}/finish", json=counts) for _ in range(2)]
        late = await post(client, event(id="e-2", importid=import_id))
        new = await client.post("/v1/imports", json=form)
        listed = (await client.get("/v1/imports")).json()["imports"]

    assert [201, 200, 202, 404, 200, 200, 422, 201] == [
        answer.status_code for answer in (opened, resumed, within, others, finished, again, late, new)
    ]
    assert (import_id, "open") == (resumed.json()["import_id"], resumed.json()["state"])
    assert (finished.json(), counts) == (again.json(), finished.json()["counts"])
    assert [new.json()["import_id"], import_id] == [each["import_id"] for each in listed]


async def test_an_import_is_withdrawn(settings: IngestSettings, event: Make) -> None:
    """Its partner withdraws an import, again without effect; the journal shows it, and it takes nothing any more."""
    form = {"file_name": "plan.xml", "sha256": "b" * 64, "marking": {"tlp": "CLEAR"}}
    counts = {"accepted": 1, "duplicates": 0, "refused": 0, "transactions": 0}
    other = {"Authorization": "Bearer istmo_us_secret"}
    async with running(settings) as client, Redis.from_url(settings.redis_url) as redis:
        import_id = (await client.post("/v1/imports", json=form)).json()["import_id"]
        undoing = event(type="import.withdrawn", id="undo", data={"import_id": import_id})
        another = await client.post(
            "/v1/events", json=undoing, headers={"Content-Type": "application/cloudevents+json"} | other
        )
        first, second = await post(client, undoing), await post(client, undoing)
        await redis.delete(*await redis.keys(f"{settings.topic_prefix}accepted:*"))
        flushed = await post(client, undoing)
        within = await post(client, event(id="late", importid=import_id))
        finished = await client.post(f"/v1/imports/{import_id}/finish", json=counts)
        new = await client.post("/v1/imports", json=form)
    (recorded, _) = [recorded for _, recorded in await read_log(settings)]

    assert ["accepted", "duplicate", "accepted"] == [answer.json()["status"] for answer in (first, second, flushed)]
    assert [422, 422, 201] == [answer.status_code for answer in (another, within, new)]
    assert ("withdrawn", None) == (finished.json()["state"], finished.json()["counts"])
    assert (None, "hn", json.dumps({"import_id": import_id}, separators=(",", ":")).encode()) == (
        recorded.standing,
        recorded.partner,
        recorded.data,
    )


async def _complete(client: httpx.AsyncClient, digit: str, **fates: str) -> tuple[str, list[dict[str, Any]]]:
    """A complete import of a file with these activities: its id, and what the file lacks."""
    form = {"file_name": "plan.xml", "sha256": digit * 64, "marking": {"tlp": "CLEAR"}}
    import_id = (await client.post("/v1/imports", json=form)).json()["import_id"]
    had = [{"reporter": name[0], "activity": name, "fate": fate} for name, fate in fates.items()]
    noted = await client.post(f"/v1/imports/{import_id}/activities", json={"activities": had})
    assert noted.status_code == 204, noted.text
    missing: list[dict[str, Any]] = []
    address = f"/v1/imports/{import_id}/missing?limit=1"
    while address:
        page = (await client.get(address)).json()
        missing, address = missing + page["activities"], page["next"]
    return import_id, missing


async def test_what_a_complete_file_lacks(settings: IngestSettings, event: Make) -> None:
    """A partner is told what its earlier complete files had, by the newest word of those that count."""
    counts = {"accepted": 1, "duplicates": 0, "refused": 0, "transactions": 0, "complete": True}

    async with running(settings) as client:

        async def finish(import_id: str) -> None:
            answer = await client.post(f"/v1/imports/{import_id}/finish", json=counts)
            assert answer.json()["complete"] is True

        first, nothing = await _complete(client, "1", A1="reported", A2="reported", B1="reported", A3="refused")
        await finish(first)
        second, lacks = await _complete(client, "2", A1="reported", A2="withdrawn", A4="reported")
        await finish(second)
        third, after = await _complete(client, "3", A1="refused")
        withdrawing = event(type="import.withdrawn", id="undo", data={"import_id": second})
        assert (await post(client, withdrawing)).status_code == 202
        undone = (await client.get(f"/v1/imports/{third}/missing")).json()["activities"]
        late = await client.post(f"/v1/imports/{first}/activities", json={"activities": []})

    assert [] == nothing
    assert [{"reporter": "A", "activity": "A2", "withdrawn": True}] == lacks
    assert [{"reporter": "A", "activity": "A4", "withdrawn": False}] == after
    assert [{"reporter": "A", "activity": "A2", "withdrawn": False}] == undone
    assert 409 == late.status_code


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"sha256": "A" * 64}, "/sha256"),
        ({"file_name": ""}, "/file_name"),
        ({"marking": None}, "/marking"),
        ({"marking": {"tlp": "AMBER"}}, "/marking/tlp"),
        ({"complete": True}, "/complete"),
    ],
)
async def test_refused_imports(client: httpx.AsyncClient, change: dict[str, Any], pointer: str) -> None:
    """An import that could not be what its partner means is not opened."""
    form = {"file_name": "plan.xml", "sha256": "a" * 64, "marking": {"tlp": "CLEAR"}}
    answer = await client.post("/v1/imports", json=form | change)

    assert (422, pointer) == (answer.status_code, answer.json()["errors"][0]["pointer"])


async def test_the_broker_is_killed(
    own_kafka: LocalKafka,
    valkey: Server,
    postgres: Server,
    topic_prefix: str,
    schema_prefix: str,
    partner_events: Any,
    event: Make,
) -> None:
    """While it is away the answer is 503 within 5 seconds, later at once; then the same id gets through."""
    settings = IngestSettings(
        kafka=own_kafka.bootstrap_servers,
        redis_url=valkey.url,
        postgres_url=postgres.url,
        topic_prefix=topic_prefix,
        schema_prefix=schema_prefix,
    )
    await publish(settings, partner_events)
    async with running(settings) as client:
        await post(client, event(id="before"))
        own_kafka.kill()
        started = time.monotonic()
        away = await post(client, event())
        waited = time.monotonic() - started
        for _ in range(20):
            started = time.monotonic()
            await post(client, event())
            waited_later = time.monotonic() - started
        own_kafka.start()
        await until_ready(client)
        back = await post(client, event())
    recorded = [recorded for _, recorded in await read_log(settings)]

    assert (503, "unknown") == (away.status_code, away.json()["receipt"]["status"])
    assert (True, True, "2") == (waited < 5, waited_later < 0.5, away.headers["retry-after"])
    assert (202, "accepted") == (back.status_code, back.json()["status"])
    assert {"before", "e-1"} == {each.id for each in recorded}
    assert len({each.content_hash for each in recorded if each.id == "e-1"}) == 1
