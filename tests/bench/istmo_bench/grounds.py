"""What a benchmark stands on: the real Kafka, PostgreSQL and Valkey, and a platform's settings on them."""

import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from istmo_common.kafka.producer import LogProducer, Outgoing, ProducerConfig
from istmo_common.kafka.topics import ensure_topics
from istmo_common.kafka.transport import TransportConfig
from istmo_stack.kafka import LocalKafka
from istmo_stack.ports import free_port
from istmo_stack.postgres import LocalPostgres
from istmo_stack.valkey import LocalValkey

__all__ = ["Grounds", "Site", "make_topics", "running_grounds"]

_HANDLE_KEY: Final = "a benchmark's handles are nobody's concern"


@dataclass(frozen=True, slots=True)
class Grounds:
    """Addresses of running servers."""

    kafka: str
    postgres: str
    redis: str

    def site(self, collector: str) -> "Site":
        """Settings for a platform apart from all others on these servers; its telemetry goes to `collector`."""
        return Site(self, collector, f"bench-{secrets.token_hex(4)}")


@dataclass(frozen=True, slots=True)
class Site:
    """Where one platform of a benchmark lives."""

    grounds: Grounds
    collector: str
    name: str
    topic_prefix: str = field(init=False)
    schema_prefix: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "topic_prefix", f"{self.name}-")
        object.__setattr__(self, "schema_prefix", f"{self.name.replace('-', '_')}_")

    @property
    def handle_key(self) -> str:
        """The key of its published ids."""
        return _HANDLE_KEY

    def environment(self, **more: str) -> dict[str, str]:
        """The settings of its processes."""
        return {
            "ISTMO_KAFKA": self.grounds.kafka,
            "ISTMO_POSTGRES_URL": self.grounds.postgres,
            "ISTMO_REDIS_URL": self.grounds.redis,
            "ISTMO_TOPIC_PREFIX": self.topic_prefix,
            "ISTMO_SCHEMA_PREFIX": self.schema_prefix,
            "ISTMO_HANDLE_KEY": self.handle_key,
            "ISTMO_NOTIFY_ALLOW_LOOPBACK": "true",
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.collector,
            **more,
        }

    async def prepare(self, told: Iterable[Outgoing]) -> None:
        """Make its topics, and put these records into them."""
        await ensure_topics(self.grounds.kafka, self.topic_prefix)
        config = ProducerConfig(TransportConfig(self.grounds.kafka), self.topic_prefix)
        async with LogProducer(config) as producer:
            await producer.send_many(list(told))

    async def records_in(self, topic: str) -> int:
        """How many records the log has in a topic of this platform."""
        name = self.topic_prefix + topic
        async with AIOKafkaConsumer(bootstrap_servers=self.grounds.kafka) as consumer:
            consumer.subscribe([name])
            await consumer._client.force_metadata_update()
            parts = [TopicPartition(name, number) for number in consumer.partitions_for_topic(name) or ()]
            ends: dict[TopicPartition, int] = await consumer.end_offsets(parts)
        return sum(ends.values())


async def make_topics(kafka: str, *names: str) -> None:
    """Make topics for a bare form, with as many partitions as the platform's have."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, num_partitions=4, replication_factor=1) for name in names])
    finally:
        await admin.close()


@contextmanager
def running_grounds() -> Iterator[Grounds]:
    """Start the servers for one run, in a folder that goes with them."""
    folder = Path(tempfile.mkdtemp(prefix="istmo-bench-"))
    folder.chmod(0o711)  # so that PostgreSQL, which does not run as root, finds its tables in it
    kafka = LocalKafka(folder / "kafka", free_port())
    postgres = LocalPostgres(folder / "postgres", free_port())
    valkey = LocalValkey(folder / "valkey", free_port())
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        for server, end in ((kafka, kafka.kill), (postgres, postgres.remove), (valkey, valkey.kill)):
            stack.callback(end)
            server.start()
        for server in (kafka, postgres, valkey):
            server.wait_healthy()
        yield Grounds(kafka.bootstrap_servers, postgres.url, valkey.url)
