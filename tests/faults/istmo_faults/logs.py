"""Reading topics from their beginning to where they end now."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from istmo_common.kafka.batches import Partition, RawRecord
from istmo_common.kafka.topics import LARGEST_RECORD_BYTES, partition_numbers

__all__ = ["Log", "open_log"]


class Log:
    """Some topics of a platform."""

    def __init__(self, consumer: Any, partitions: Sequence[TopicPartition], prefix: str) -> None:
        self._consumer = consumer
        self._partitions = partitions
        self._prefix = prefix

    async def ends(self) -> dict[Partition, int]:
        """The number of the next record in each partition."""
        found = await self._consumer.end_offsets(self._partitions)
        return {self._name(partition): end for partition, end in found.items()}

    async def records(self) -> list[RawRecord]:
        """Every record, in the order of the partitions."""
        await self._consumer.seek_to_beginning(*self._partitions)
        ends = await self._consumer.end_offsets(self._partitions)
        found: list[RawRecord] = []
        while any([await self._consumer.position(partition) < end for partition, end in ends.items()]):
            for partition, records in (await self._consumer.getmany(timeout_ms=200)).items():
                found += [RawRecord.of(record, self._name(partition)) for record in records]
        return sorted(found, key=lambda record: (record.partition, record.offset))

    def _name(self, partition: TopicPartition) -> Partition:
        return Partition(partition.topic.removeprefix(self._prefix), partition.partition)


@asynccontextmanager
async def open_log(bootstrap_servers: str, prefix: str, topics: Sequence[str]) -> AsyncIterator[Log]:
    """The topics of these declared names."""
    partitions = [
        TopicPartition(prefix + topic, number)
        for topic in topics
        for number in await partition_numbers(bootstrap_servers, prefix + topic)
    ]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=LARGEST_RECORD_BYTES,
    )
    await consumer.start()
    try:
        consumer.assign(partitions)
        yield Log(consumer, partitions, prefix)
    finally:
        await consumer.stop()
