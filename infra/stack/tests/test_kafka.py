"""The local broker."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from istmo_stack.errors import ChildError
from istmo_stack.kafka import LocalKafka, can_write
from istmo_stack.ports import free_port

pytestmark = pytest.mark.stack

_RECORDS = 2000


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[LocalKafka]:
    """A broker of the test's own, which it may kill."""
    broker = LocalKafka(tmp_path, free_port())
    yield broker
    broker.kill()


async def _make_topic(broker: LocalKafka) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
    await admin.start()
    await admin.create_topics([NewTopic("activities", num_partitions=1, replication_factor=1)])
    await admin.close()


async def _write(broker: LocalKafka, count: int) -> list[bytes]:
    """Write records, all at once; the acknowledged ones."""
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers, enable_idempotence=True) as producer:
        values = [str(number).encode() for number in range(count)]
        await asyncio.gather(*[producer.send_and_wait("activities", value) for value in values])
        broker.kill()
    return values


async def _read(broker: LocalKafka, count: int) -> list[bytes]:
    partition = TopicPartition("activities", 0)
    consumer = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap_servers, auto_offset_reset="earliest")
    consumer.assign([partition])
    values: list[bytes] = []
    async with consumer, asyncio.timeout(20):
        while len(values) < count:
            values += [record.value for record in (await consumer.getmany(timeout_ms=500)).get(partition, [])]
    return values


def test_a_killed_broker_loses_nothing_that_it_acknowledged(broker: LocalKafka) -> None:
    """A report that was acknowledged right before the broker died is in the log when it is back, on the same port."""
    broker.start()
    broker.wait_healthy()
    asyncio.run(_make_topic(broker))
    acknowledged = asyncio.run(_write(broker, _RECORDS))
    assert not can_write(broker.bootstrap_servers)
    broker.start()
    broker.wait_healthy()
    assert acknowledged == asyncio.run(_read(broker, _RECORDS))


def test_a_broker_that_cannot_start_says_why(broker: LocalKafka, tmp_path: Path) -> None:
    """A user whose log folder is unusable reads the reason, instead of waiting for a broker that never comes."""
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "meta.properties").write_text("version=1\ncluster.id=none\nnode.id=7\n")
    broker.start()
    with pytest.raises(ChildError, match="node"):
        broker.wait_healthy(timeout_seconds=30)
