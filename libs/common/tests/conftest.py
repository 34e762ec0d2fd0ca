"""Fixtures for the shared parts on real servers: topics of one's own, a producer, a table of counted events."""

from collections.abc import AsyncIterator, Callable

import pytest

from istmo_common.events.envelope import CloudEvent
from istmo_common.kafka.producer import LogProducer, ProducerConfig
from istmo_common.kafka.topics import ensure_topics
from istmo_common.kafka.transport import TransportConfig
from istmo_common.postgres import Pool, open_pool
from istmo_stack.testing import Broker, Server

_TABLES = """
CREATE TABLE offsets (
    topic text COLLATE "C" NOT NULL, partition integer NOT NULL, position bigint NOT NULL,
    last_event text COLLATE "C", cluster text COLLATE "C" NOT NULL, PRIMARY KEY (topic, partition));
CREATE TABLE seen (event text COLLATE "C" NOT NULL, times integer NOT NULL, worker text NOT NULL);
"""


@pytest.fixture
def make_event() -> Callable[..., CloudEvent]:
    """Events with made-up content, told apart by their id."""

    def make(id: str, *, type: str = "activity.reported", data: bytes = b"{}") -> CloudEvent:
        return CloudEvent(
            id=id, source="https://example.org/reports", type=type, data=data, recorded_time="2026-01-31T12:00:00Z"
        )

    return make


@pytest.fixture
async def topics(kafka: Broker, topic_prefix: str) -> str:
    """All topics, behind this test's prefix, which it returns."""
    await ensure_topics(kafka.bootstrap_servers, topic_prefix, partitions=2)
    return topic_prefix


@pytest.fixture
async def producer(kafka: Broker, topics: str) -> AsyncIterator[LogProducer]:
    """A producer to this test's topics."""
    config = ProducerConfig(TransportConfig(kafka.bootstrap_servers), topic_prefix=topics)
    async with LogProducer(config) as producer:
        yield producer


@pytest.fixture
async def pool(postgres: Server, schema_prefix: str) -> AsyncIterator[Pool]:
    """A schema with a table of offsets, and one of events with how often they were committed."""
    schema = f"{schema_prefix}reader"
    async with open_pool(postgres.url, schema, max_size=4) as pool:
        async with pool.connection() as connection:
            await connection.execute(f"CREATE SCHEMA {schema};{_TABLES}".encode())
        yield pool
