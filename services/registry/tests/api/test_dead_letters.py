"""Dead letters in an operator's hands, on a real log."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from istmo_common.errors import InvalidEvent
from istmo_common.kafka.batches import Partition, RawRecord
from istmo_common.kafka.dead_letters import DeadLetters
from istmo_common.kafka.ends import end_offsets
from istmo_common.kafka.letters import Letter, read_letters
from istmo_common.kafka.producer import LogProducer, ProducerConfig
from istmo_common.kafka.topics import ensure_topics
from istmo_common.kafka.transport import TransportConfig
from istmo_registry.api.application import application
from istmo_registry.dead_letters import LetterBox
from istmo_registry_api.registry import ADMIN, Registry
from istmo_stack.testing import Broker

pytestmark = pytest.mark.stack

HEADERS = (("content-type", b"application/json"), ("ce_id", b"e-1"))
BAD = RawRecord(Partition("activities", 1), 17, b'["x","y"]', b'{"secret":"ultramarine"}', HEADERS, 0)
WORSE = RawRecord(Partition("findings", 0), 4, b"f", b"{", (("ce_id", b"e-2"),), 0)


@dataclass
class Desk:
    """A registry whose dead letters are real, and the log that they are sent back to."""

    client: httpx.AsyncClient
    kafka: str
    prefix: str

    async def letters(self, **query: str) -> Any:
        """What is listed."""
        answer = await self.client.get("/v1/admin/dead-letters", params=query, headers=ADMIN)
        assert 200 == answer.status_code, answer.text
        assert "ultramarine" not in answer.text
        return answer.json()["letters"]

    async def do(self, what: str, **form: Any) -> Any:
        """Replay or purge."""
        answer = await self.client.post(f"/v1/admin/dead-letters/{what}", json=form, headers=ADMIN)
        assert 200 == answer.status_code, answer.text
        return answer.json()

    async def written(self, topic: str) -> int:
        """How many records a topic holds."""
        return sum((await end_offsets(self.kafka, self.prefix, [topic])).values())


@pytest.fixture
async def desk(kafka: Broker, topic_prefix: str, registry: Registry) -> AsyncIterator[Desk]:
    """Two dead letters, one of them written twice."""
    await ensure_topics(kafka.bootstrap_servers, topic_prefix, partitions=2)

    async def read() -> list[Letter]:
        return await read_letters(kafka.bootstrap_servers, topic_prefix)

    config = ProducerConfig(TransportConfig(kafka.bootstrap_servers), topic_prefix=topic_prefix)
    async with LogProducer(config) as producer:
        writer = DeadLetters(producer)
        reason = str(InvalidEvent("the data breaks the contract at /: json_invalid"))
        await writer.write("registry-fold", [(BAD, reason), (BAD, reason)])
        await writer.write("notify-findings", [(WORSE, "another reason")])
        parts = replace(registry.parts, letters=LetterBox(read, producer, registry.pool))
        transport = httpx.ASGITransport(app=application(parts))
        async with httpx.AsyncClient(transport=transport, base_url="http://registry") as client:
            yield Desk(client, kafka.bootstrap_servers, topic_prefix)


async def test_each_letter_is_listed_once_with_its_reason_and_place(desk: Desk) -> None:
    """An operator sees what was put aside, why, and where it stood; not what it says."""
    assert [
        ("activities/1/17", "registry-fold", '["x","y"]', "e-1", None),
        ("findings/0/4", "notify-findings", "f", "e-2", None),
    ] == [(each["place"], each["group"], each["key"], each["event"], each["outcome"]) for each in await desk.letters()]
    assert ["findings/0/4"] == [each["place"] for each in await desk.letters(topic="findings")]
    assert ["activities/1/17"] == [each["place"] for each in await desk.letters(reason="json_invalid")]
    assert ["findings/0/4"] == [each["place"] for each in await desk.letters(event="e-2")]


async def test_a_letter_is_sent_back_once_as_it_was(desk: Desk) -> None:
    """A record that a mended program can read is read after all; asking twice sends it once and says so."""
    assert {"sent": ["activities/1/17"], "settled_before": [], "failed": []} == await desk.do(
        "replay", places=["activities/1/17"]
    )
    again = await desk.do("replay", places=["activities/1/17"])
    assert ([], ["replayed"]) == (again["sent"], [each["outcome"] for each in again["settled_before"]])
    assert (1, 0) == (await desk.written("activities"), await desk.written("findings"))
    assert ["findings/0/4"] == [each["place"] for each in await desk.letters()]
    assert ["replayed", None] == [each["outcome"] for each in await desk.letters(settled="true")]
    assert ["activities/1/17"] == (await desk.do("replay", topic="activities", again=True))["sent"]
    assert 2 == await desk.written("activities")


async def test_what_was_purged_is_listed_no_more(desk: Desk) -> None:
    """An operator who has looked into letters puts them away, and sees new ones at once."""
    assert {"purged": ["activities/1/17", "findings/0/4"]} == await desk.do("purge", everything=True)
    assert [] == await desk.letters()
    assert [] == (await desk.do("replay", everything=True))["sent"]


async def test_nothing_is_done_to_all_by_oversight(desk: Desk) -> None:
    """A call that names no letters is refused."""
    answer = await desk.client.post("/v1/admin/dead-letters/purge", json={}, headers=ADMIN)
    assert 422 == answer.status_code, answer.text
    assert 2 == len(await desk.letters())
