"""Reading a compacted topic whole: from the beginning to where it ended, and then on, without a group."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from istmo_common.errors import BrokerUnavailable, InvalidEvent
from istmo_common.events.envelope import CloudEvent
from istmo_common.kafka.topics import LARGEST_RECORD_BYTES, partition_numbers

__all__ = ["read_compacted"]

_log = structlog.get_logger(__name__)

_RETRY_SECONDS: Final = 0.5
_METADATA_MILLISECONDS: Final = 60_000

Apply = Callable[[bytes, CloudEvent | None], None]


async def read_compacted(bootstrap_servers: str, topic: str, apply: Apply, caught_up: asyncio.Event) -> None:
    """Give every record of `topic` (with its prefix) to `apply` as key and event, or None for a tombstone; for ever.

    `caught_up` is set once everything that the topic held at the start was applied. What is not an event is logged
    and passed over: its key keeps the state it had. With the broker away it waits, and goes on where it was; partitions
    that are added are read within a minute; where the topic was made anew, it begins at its beginning. Run it as a
    task, and cancel it to end.
    """
    positions: dict[TopicPartition, int] = {}
    reason = ""
    while True:
        try:
            async with _reader(bootstrap_servers, topic, positions) as consumer:
                await _follow(consumer, topic, positions, apply, caught_up)
        except (BrokerUnavailable, KafkaError, OSError, TimeoutError) as error:
            if repr(error) != reason:
                reason = repr(error)
                _log.warning("the topic cannot be read now", topic=topic, reason=reason)
            await asyncio.sleep(_RETRY_SECONDS)


@asynccontextmanager
async def _reader(bootstrap_servers: str, topic: str, positions: dict[TopicPartition, int]) -> AsyncIterator[Any]:
    partitions = [TopicPartition(topic, number) for number in await partition_numbers(bootstrap_servers, topic)]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers,
        # Without a group every reader gets all partitions, and nobody stores where it stands.
        group_id=None,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        request_timeout_ms=10_000,
        metadata_max_age_ms=_METADATA_MILLISECONDS,
        max_partition_fetch_bytes=LARGEST_RECORD_BYTES,
    )
    try:
        async with asyncio.timeout(10):
            await consumer.start()
            # Assigned by hand: subscribed, aiokafka would begin again whenever a broker goes or comes.
            consumer.assign(partitions)
        for partition in partitions:
            if partition in positions:
                consumer.seek(partition, positions[partition])
        yield consumer
    finally:
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            async with asyncio.timeout(10):
                await consumer.stop()


async def _follow(
    consumer: Any, topic: str, positions: dict[TopicPartition, int], apply: Apply, caught_up: asyncio.Event
) -> None:
    assigned = consumer.assignment()
    behind = {} if caught_up.is_set() else await consumer.end_offsets(assigned)
    while len(consumer.partitions_for_topic(topic) or ()) <= len(assigned):
        found = await consumer.getmany(timeout_ms=200 if behind else 1000)
        for partition, records in found.items():
            for record in records:
                _apply(record, apply)
            positions[partition] = records[-1].offset + 1
        # The last records may be gone (compacted), so what counts is where the reader stands.
        behind = {partition: end for partition, end in behind.items() if await consumer.position(partition) < end}
        if not behind:
            caught_up.set()


def _apply(record: Any, apply: Apply) -> None:
    try:
        if record.key is None:
            raise InvalidEvent("the record has no key")
        event = None if record.value is None else CloudEvent.from_headers(record.headers, record.value)
        apply(record.key, event)
    except InvalidEvent as error:
        _log.warning(
            "an invalid record is passed over",
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            reason=str(error),
        )
