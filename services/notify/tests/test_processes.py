"""Notify as its processes, on real Kafka and PostgreSQL: from the log to the endpoint, killed, doubled, ended."""

import asyncio
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer
from standardwebhooks import Webhook

from istmo_common.events.alerts import AlertComposed
from istmo_common.events.envelope import CloudEvent
from istmo_common.kafka.consumer import ConsumerConfig, run_consumer
from istmo_common.kafka.dead_letters import DeadLetters
from istmo_common.kafka.positions import PostgresPositions
from istmo_common.kafka.producer import Acknowledged, LogProducer, Outgoing, ProducerConfig
from istmo_common.kafka.topics import ensure_topics
from istmo_common.kafka.transport import TransportConfig
from istmo_common.postgres import open_pool
from istmo_notify.domain.alerts import alert_id
from istmo_notify.settings import NotifySettings
from istmo_notify.stages.intake import GROUPS, take_in
from istmo_notify.stages.messages import read_message
from istmo_notify_samples import (
    ADMIN_KEY,
    ADMIN_KEY_SHA256,
    authorization,
    cleared,
    duplicate,
    outcome,
    partner,
    red,
    sent_finding,
    sent_partner,
    sent_programme,
    side,
)
from istmo_notify_samples.bench import until
from istmo_notify_samples.listening import listening
from istmo_stack.ports import free_port
from istmo_stack.testing import Broker, Server
from istmo_support.listener import Listener, Received
from istmo_support.spans import spans_in, tree

pytestmark = pytest.mark.stack

PA, PB = partner("pa", "XA"), partner("pb", "XB", language="en")
FOUND = duplicate(1, side(("XA", "a1")), side(("XB", "b1"), title="Patrullaje"))


_TRACE = """\
istmo-notify: process findings (CONSUMER)
  istmo-notify: alert compose (INTERNAL)
    istmo-notify: POST (CLIENT)
    istmo-notify: send alerts (PRODUCER)"""
"""One of the two alerts has an endpoint; equal branches are shown once."""


@dataclass
class Running:
    """The processes of one notify, the log that it reads, and its API."""

    producer: LogProducer
    client: httpx.AsyncClient
    environment: dict[str, str]
    output: Path
    url: str
    started: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def start(self, role: str) -> "subprocess.Popen[bytes]":
        """Start a process of this role."""
        with self.output.open("ab") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "istmo_notify", role], env=self.environment, stdout=file, stderr=file
            )
        self.started.append(process)
        return process

    async def send(self, *sent: Outgoing) -> None:
        """Write records to the log."""
        assert all(isinstance(one, Acknowledged) for one in await self.producer.send_many(sent))

    async def serving(self) -> None:
        """Wait until the API serves."""

        async def serves() -> bool:
            try:
                return (await self.client.get("/readyz")).status_code == 200
            except httpx.TransportError:
                return False

        await until(serves, seconds=60)

    async def ready(self) -> None:
        """Wait until the API serves, and the worker knows the partners."""
        await self.serving()
        await self.stored("partners", 2)

    @asynccontextmanager
    async def reading(self, group: str) -> AsyncIterator[None]:
        """Take in the topic of one group, and no other, while the block runs."""
        kafka, prefix = self.environment["ISTMO_KAFKA"], self.environment["ISTMO_TOPIC_PREFIX"]
        schema = NotifySettings(schema_prefix=self.environment["ISTMO_SCHEMA_PREFIX"]).schema_name
        stop = asyncio.Event()
        async with open_pool(self.environment["ISTMO_POSTGRES_URL"], schema, autocommit=True) as pool:
            work = asyncio.create_task(
                run_consumer(
                    ConsumerConfig(kafka, group, (GROUPS[group],), prefix),
                    parse=read_message,
                    handle=lambda batch: take_in(pool, batch),
                    positions=PostgresPositions(pool),
                    dead_letters=DeadLetters(self.producer),
                    stop=stop,
                )
            )
            try:
                yield
            finally:
                stop.set()
                await work

    async def ask(self, method: str, path: str, key: str | None, **options: Any) -> Any:
        """Ask the API as a partner, or as the operator."""
        headers = {"Authorization": f"Bearer {ADMIN_KEY}"} if key is None else authorization(key)
        answer = await self.client.request(method, path, headers=headers, **options)
        assert answer.is_success, answer.text
        return answer.json()

    async def subscribe(self, key: str, channel: dict[str, str]) -> Any:
        """Subscribe a partner to everything."""
        return await self.ask("POST", "/v1/subscriptions", key, json={"channel": channel})

    async def stored(self, topic: str, number: int) -> None:
        """Wait until so many records of a topic were taken in."""

        async def enough() -> bool:
            progress = await self.ask("GET", "/v1/admin/progress", None)
            return sum(int(one["stored"]) for one in progress["partitions"] if one["topic"] == topic) >= number

        await until(enough, seconds=60)


@pytest.fixture
async def running(
    kafka: Broker, postgres: Server, topic_prefix: str, schema_prefix: str, tmp_path: Path
) -> AsyncIterator[Running]:
    """An API process, with partners in the log; workers are started by the test."""
    await ensure_topics(kafka.bootstrap_servers, topic_prefix, partitions=3)
    port = free_port()
    environment = os.environ | {
        "ISTMO_KAFKA": kafka.bootstrap_servers,
        "ISTMO_POSTGRES_URL": postgres.url,
        "ISTMO_TOPIC_PREFIX": topic_prefix,
        "ISTMO_SCHEMA_PREFIX": schema_prefix,
        "ISTMO_PORT": str(port),
        "ISTMO_ADMIN_KEY_SHA256": ADMIN_KEY_SHA256,
        "ISTMO_NOTIFY_ALLOW_LOOPBACK": "1",
        "ISTMO_NOTIFY_FIRST_RETRY": "PT0.2S",
    }
    config = ProducerConfig(TransportConfig(kafka.bootstrap_servers), topic_prefix=topic_prefix)
    url = f"http://127.0.0.1:{port}"
    async with LogProducer(config) as producer, httpx.AsyncClient(base_url=url, timeout=20) as client:
        running = Running(producer, client, environment, tmp_path / "output", url)
        try:
            await running.send(sent_partner(PA), sent_partner(PB))
            yield running
        finally:
            for process in running.started:
                process.kill()
                process.wait()


@contextmanager
def receiver() -> Iterator[Listener]:
    with Listener() as listener:
        yield listener


async def received(listener: Listener, number: int) -> list[Received]:
    return await asyncio.to_thread(listener.wait_for, lambda found: len(found) >= number, 60)


async def composed(broker: str, prefix: str, number: int) -> list[AlertComposed]:
    """The first events of the topic of alerts."""
    consumer = AIOKafkaConsumer(f"{prefix}alerts", bootstrap_servers=broker, auto_offset_reset="earliest")
    await consumer.start()
    try:
        async with asyncio.timeout(30):
            records = [await consumer.getone() for _ in range(number)]
    finally:
        await consumer.stop()
    events = [CloudEvent.from_headers(record.headers, record.value) for record in records]
    assert {"alert.composed"} == {event.type for event in events}
    return [AlertComposed.model_validate_json(event.data) for event in events]


async def test_from_the_log_to_every_channel(running: Running, kafka: Broker, topic_prefix: str) -> None:
    """A finding in the log reaches a webhook, a stream, the stored alerts, and the topic of alerts."""
    running.start("api")
    worker = running.start("worker")
    await running.ready()
    with receiver() as hook:
        made = await running.subscribe("pa", {"kind": "webhook", "url": hook.url})
        stream = await running.subscribe("pb", {"kind": "sse"})
        path = f"/v1/subscriptions/{stream['id']}/stream"
        async with listening(running.url + path, authorization("pb")) as reader:
            await running.send(sent_finding(FOUND))
            (delivered,) = await received(hook, 1)
            (heard,) = await reader.items(1)
    item = Webhook(made["secret"]).verify(delivered.body, delivered.headers)
    stored = (await running.ask("GET", "/v1/alerts", "pa"))["items"]
    assert "alert.raised" == item["type"] == heard.event
    assert [item["data"]] == [one["alert"] for one in stored]
    events = await composed(kafka.bootstrap_servers, topic_prefix, 2)
    assert {"pa", "pb"} == {event.recipient for event in events}
    worker.send_signal(signal.SIGTERM)
    assert 0 == worker.wait(30)


async def test_who_subscribes_before_its_record_is_taken_in_misses_nothing(running: Running) -> None:
    """Whichever topic is read first, a subscriber is told of all that happened since it subscribed."""
    running.start("api")
    await running.serving()
    with receiver() as hook:
        made = await running.subscribe("pa", {"kind": "webhook", "url": hook.url})
        own = outcome("p-2", ("XA", "a2"), label=red("XA"))
        await running.send(
            sent_programme("k1", 1, outcome("p-1", ("XB", "b1"))), sent_programme("k2", 1, own), sent_finding(FOUND)
        )
        for group, number in (("notify-programmes", 2), ("notify-findings", 1)):
            async with running.reading(group):
                await running.stored(GROUPS[group], number)
        running.start("worker")
        found = await received(hook, 3)
    items = [Webhook(made["secret"]).verify(one.body, one.headers) for one in found]
    assert {"p-1", "p-2", alert_id(FOUND.key, "pa")} == {item["data"]["id"] for item in items}


async def test_every_process_ends_in_order_when_asked_to(running: Running) -> None:
    """A restart loses nothing and leaves nobody hanging: both roles drain and exit 0, with a stream open."""
    processes = [running.start("api"), running.start("worker")]
    await running.ready()
    stream = await running.subscribe("pa", {"kind": "sse"})
    path = f"/v1/subscriptions/{stream['id']}/stream"
    async with listening(running.url + path, authorization("pa")) as reader:
        await reader.heartbeat()
        for process in processes:
            process.send_signal(signal.SIGTERM)
        codes = [await asyncio.to_thread(process.wait, 30) for process in processes]
    assert [0, 0] == codes


async def test_workers_that_are_killed_lose_and_double_nothing(running: Running) -> None:
    """Two workers, one killed again and again: every list ends complete, in order, and told once."""
    running.start("api")
    running.start("worker")
    await running.ready()
    with receiver() as hook:
        made = await running.subscribe("pa", {"kind": "webhook", "url": hook.url})
        total = 240
        for begin in range(0, total, 40):
            victim = running.start("worker")
            await running.send(
                *(
                    sent_programme(f"k{number}", 1, outcome(f"p-{number}", ("XA", f"a{number}")))
                    for number in range(begin, begin + 40)
                )
            )
            await asyncio.sleep(0.7)
            victim.kill()
        await running.stored("programmes", total)
        page = await running.ask("GET", f"/v1/subscriptions/{made['id']}/events?limit=500", "pa")

        def everything(found: list[Received]) -> bool:
            return len({one.headers["webhook-id"] for one in found}) == total

        found = await asyncio.to_thread(hook.wait_for, everything, 90)
    assert list(range(1, total + 1)) == [item["number"] for item in page["items"]]
    assert {f"p-{number}" for number in range(total)} == {item["data"]["id"] for item in page["items"]}
    # What came twice came under the same id; the first comings are in order.
    first_comings = dict.fromkeys(one.headers["webhook-id"] for one in found)
    assert [str(number) for number in range(1, total + 1)] == [name.rpartition("_")[2] for name in first_comings]


async def test_a_log_read_again_changes_nothing(running: Running, kafka: Broker, topic_prefix: str) -> None:
    """Records that are published again, older versions among them, leave lists and alerts as they are."""
    running.start("api")
    running.start("worker")
    await running.ready()
    made = await running.subscribe("pa", {"kind": "sse"})
    again = FOUND.model_copy(update={"version": 2, "score": "3.0000"})
    story = [sent_finding(FOUND), sent_finding(again), sent_finding(cleared(FOUND, 3)), sent_finding(FOUND)]
    await running.send(*story)
    await running.stored("findings", 4)
    before = await running.ask("GET", f"/v1/subscriptions/{made['id']}/events", "pa")
    await running.send(*story)
    await running.stored("findings", 8)
    assert before == await running.ask("GET", f"/v1/subscriptions/{made['id']}/events", "pa")
    assert 3 == before["last"]
    events = await composed(kafka.bootstrap_servers, topic_prefix, 6)
    told = [(event.state, event.revision) for event in events if event.recipient == "pa"]
    assert [("raised", 1), ("updated", 2), ("cleared", 3)] == told


async def test_a_record_that_breaks_the_contract_holds_nothing_up(running: Running) -> None:
    """One record that nobody can read goes to the dead letters, and the next one is told."""
    running.start("api")
    running.start("worker")
    await running.ready()
    broken = sent_finding(FOUND)
    await running.send(Outgoing(broken.topic, broken.key, b'{"key": 1}', broken.headers), broken)
    await running.stored("findings", 2)
    assert 1 == len((await running.ask("GET", "/v1/alerts", "pa"))["items"])


async def test_one_trace_from_the_record_to_the_endpoint(running: Running) -> None:
    """Operations follow a finding from the record in the log to the request that told a partner of it."""
    with Listener() as collector, receiver() as hook:
        running.environment |= {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "200"}
        running.start("api")
        running.start("worker")
        await running.ready()
        await running.subscribe("pa", {"kind": "webhook", "url": hook.url})
        trace, span = secrets.token_hex(16), secrets.token_hex(8)
        await running.send(sent_finding(FOUND, traceparent=f"00-{trace}-{span}-01"))
        (delivered,) = await received(hook, 1)

        def complete(found: list[Received]) -> bool:
            spans = [one for one in spans_in(found) if one.trace == trace]
            return len(spans) >= 5

        spans = spans_in(await asyncio.to_thread(collector.wait_for, complete, 30))
    own = [one for one in spans if one.trace == trace]
    (post,) = [one for one in own if one.name == "POST"]
    assert f"00-{trace}-{post.id}-01" == delivered.headers["traceparent"]
    assert _TRACE == tree(own, span)
