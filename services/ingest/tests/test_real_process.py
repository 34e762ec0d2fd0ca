"""Ingest as a process: killed, asked to end, and read over its shoulder."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from istmo_common.events.envelope import CloudEvent
from istmo_common.kafka.producer import LogProducer, ProducerConfig
from istmo_common.kafka.topics import ensure_topics
from istmo_common.kafka.transport import TransportConfig
from istmo_stack.kafka import LocalKafka
from istmo_stack.ports import free_port
from istmo_stack.testing import Broker, Server

pytestmark = pytest.mark.stack

Make = Callable[..., dict[str, Any]]
Environment = Callable[[Broker], Awaitable[dict[str, str]]]
CANARY = "canario-8159"
STRUCTURED = {"Content-Type": "application/cloudevents+json"}


@pytest.fixture
def environment(
    valkey: Server,
    postgres: Server,
    topic_prefix: str,
    schema_prefix: str,
    partner_events: list[tuple[bytes, CloudEvent]],
) -> Callable[[Broker], Awaitable[dict[str, str]]]:
    """Makes the settings of a platform on a broker, in which the partners are known."""

    async def make(broker: Broker) -> dict[str, str]:
        await ensure_topics(broker.bootstrap_servers, topic_prefix)
        config = ProducerConfig(TransportConfig(broker.bootstrap_servers), topic_prefix=topic_prefix)
        async with LogProducer(config) as producer:
            for key, event in partner_events:
                await producer.send("partners", key, event)
        return os.environ | {
            "ISTMO_KAFKA": broker.bootstrap_servers,
            "ISTMO_REDIS_URL": valkey.url,
            "ISTMO_POSTGRES_URL": postgres.url,
            "ISTMO_TOPIC_PREFIX": topic_prefix,
            "ISTMO_SCHEMA_PREFIX": schema_prefix,
            "ISTMO_PORT": str(free_port()),
        }

    return make


@contextmanager
def process(environment: dict[str, str], output: Path) -> Iterator[subprocess.Popen[bytes]]:
    with output.open("ab") as file:
        started = subprocess.Popen(
            [sys.executable, "-m", "istmo_ingest", "api"], env=environment, stdout=file, stderr=subprocess.STDOUT
        )
        try:
            yield started
        finally:
            started.kill()
            started.wait()


def signal_to(broker: LocalKafka, number: signal.Signals) -> None:
    assert broker.child.pid is not None
    os.kill(broker.child.pid, number)


def client_of(environment: dict[str, str]) -> httpx.AsyncClient:
    url = f"http://127.0.0.1:{environment['ISTMO_PORT']}"
    return httpx.AsyncClient(base_url=url, headers={"Authorization": "Bearer istmo_hn_secret"}, timeout=10)


async def until_ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                if (await client.get("/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)


async def post(client: httpx.AsyncClient, event: dict[str, Any]) -> httpx.Response:
    return await client.post("/v1/events", content=json.dumps(event), headers=STRUCTURED)


async def test_killed_between_seen_and_published(
    own_kafka: LocalKafka, environment: Environment, event: Make, tmp_path: Path
) -> None:
    """An event that a killed process had seen but not published is published when its partner sends it again."""
    settings = await environment(own_kafka)
    async with client_of(settings) as client:
        with process(settings, tmp_path / "output") as first:
            await until_ready(client)
            signal_to(own_kafka, signal.SIGSTOP)
            try:
                seen = asyncio.create_task(post(client, event()))
                await asyncio.sleep(1)
                first.kill()
                with pytest.raises(httpx.TransportError):
                    await seen
            finally:
                signal_to(own_kafka, signal.SIGCONT)
        with process(settings, tmp_path / "output") as second:
            await until_ready(client)
            again = await post(client, event())
            second.send_signal(signal.SIGTERM)
            ended = second.wait(timeout=20)

    assert (202, "accepted", 0) == (again.status_code, again.json()["status"], ended)


async def test_restricted_text_stays_out_of_the_output(
    kafka: Broker, environment: Environment, event: Make, activity: Make, tmp_path: Path
) -> None:
    """Whoever reads the process's output learns nothing of a restricted report, nor any key."""
    red = activity(marking={"tlp": "RED"}, title=[{"text": CANARY}], activity=CANARY)
    settings = await environment(kafka)
    with process(settings, tmp_path / "output") as running:
        async with client_of(settings) as client:
            await until_ready(client)
            answers = [
                await post(client, event(data=red)),
                await post(client, event(data=red | {"status": CANARY})),
                await post(client, event(data=red, source=CANARY + " ", time=CANARY)),
                await client.post("/v1/events", content=CANARY, headers=STRUCTURED),
                await client.get(f"/{CANARY}"),
            ]
        running.send_signal(signal.SIGTERM)
        running.wait(timeout=20)
    output = (tmp_path / "output").read_text()

    assert [202, 422, 422, 400, 404] == [answer.status_code for answer in answers]
    assert CANARY not in output + "".join(answer.text for answer in answers)
    assert "istmo_hn_secret" not in output
