"""Reading topics once, from their beginning to where they end now, without a group."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer

from istmo_common.kafka.topics import LARGEST_RECORD_BYTES

__all__ = ["read_to_end"]


async def read_to_end(bootstrap_servers: str, topics: Sequence[str]) -> AsyncGenerator[Any]:
    """Every record (aiokafka's) that these topics, with their prefix, hold now; each partition in its order.

    Close it (`contextlib.aclosing`), also when not all of it is taken. Raises what aiokafka does.
    """
    consumer: Any = AIOKafkaConsumer(
        *topics,
        bootstrap_servers=bootstrap_servers,
        group_id=None,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=LARGEST_RECORD_BYTES,
    )
    async with consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        # The last records may be gone (compacted), so what counts is where the reader stands.
        while [partition for partition, end in ends.items() if await consumer.position(partition) < end]:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    yield record
