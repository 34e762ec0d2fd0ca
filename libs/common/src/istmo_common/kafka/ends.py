"""Where the log ends: what a reader's stored positions are compared with."""

import asyncio
import time
from collections.abc import Collection, Mapping
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from istmo_common.errors import BrokerUnavailable
from istmo_common.kafka.batches import Partition
from istmo_common.kafka.topics import partition_numbers

__all__ = ["LogEnds", "end_offsets"]

_TIMEOUT_SECONDS: Final = 10.0
_QUICK_SECONDS: Final = 2.0
_KEEP_SECONDS: Final = 2.0


async def end_offsets(bootstrap_servers: str, prefix: str, topics: Collection[str]) -> dict[Partition, int]:
    """The offset of the next record of each partition of these topics. Raises `BrokerUnavailable`."""
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            found = await asyncio.gather(*(partition_numbers(bootstrap_servers, prefix + topic) for topic in topics))
            partitions = [
                TopicPartition(prefix + topic, number)
                for topic, numbers in zip(topics, found, strict=True)
                for number in numbers
            ]
            consumer: Any = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers)
            consumer.assign(partitions)
            async with consumer:
                ends = await consumer.end_offsets(partitions)
    except (KafkaError, OSError, TimeoutError) as error:
        raise BrokerUnavailable(f"no broker answers at {bootstrap_servers}: {error!r}") from error
    return {Partition(tp.topic.removeprefix(prefix), tp.partition): end for tp, end in sorted(ends.items())}


class LogEnds:
    """The ends of some topics, asked for every two seconds at most; the last known ones while the log is away."""

    def __init__(self, bootstrap_servers: str, prefix: str, topics: Collection[str]) -> None:
        self._place = (bootstrap_servers, prefix, topics)
        self._ends: Mapping[Partition, int] = {}
        self._asked = float("-inf")

    async def __call__(self) -> Mapping[Partition, int]:
        """By partition; empty where the log never answered."""
        if time.monotonic() - self._asked > _KEEP_SECONDS:
            self._asked = time.monotonic()
            try:
                async with asyncio.timeout(_QUICK_SECONDS):
                    self._ends = await end_offsets(*self._place)
            except (BrokerUnavailable, TimeoutError):
                pass
        return self._ends
