"""Reading a compacted topic whole: from the beginning to where it ended, and then on, without a group."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from istmo_common.errors import InvalidEvent
from istmo_common.events.envelope import CloudEvent

__all__ = ["read_compacted"]

_log = structlog.get_logger(__name__)

Apply = Callable[[bytes, CloudEvent | None], None]


async def read_compacted(
    bootstrap_servers: str,
    topic: str,
    apply: Apply,
    caught_up: asyncio.Event,
    *,
    retry_seconds: float = 0.5,
) -> None:
    """Give every record of `topic` (with its prefix) to `apply` as key and event, or None for a tombstone; for ever.

    `caught_up` is set once everything that the topic held at the start was applied. What is not an event is logged
    and passed over: its key keeps the state it had. With the broker away it waits; where the topic was made anew, it
    begins at its beginning. Run it as a task, and cancel it to end.
    """
    while True:
        try:
            async with _reader(bootstrap_servers, topic) as consumer:
                await _follow(consumer, apply, caught_up)
        except (KafkaError, OSError, TimeoutError) as error:
            _log.warning("the topic cannot be read now", topic=topic, reason=repr(error))
            await asyncio.sleep(retry_seconds)


@asynccontextmanager
async def _reader(bootstrap_servers: str, topic: str) -> AsyncIterator[Any]:
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap_servers,
        # Without a group every reader gets all partitions, and nobody stores where it stands.
        group_id=None,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        request_timeout_ms=10_000,
        max_partition_fetch_bytes=9 * 1024 * 1024,
    )
    try:
        async with asyncio.timeout(10):
            await consumer.start()
        yield consumer
    finally:
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            async with asyncio.timeout(10):
                await consumer.stop()


async def _follow(consumer: Any, apply: Apply, caught_up: asyncio.Event) -> None:
    behind = await consumer.end_offsets(consumer.assignment())
    while True:
        for records in (await consumer.getmany(timeout_ms=200)).values():
            for record in records:
                _apply(record, apply)
        if not caught_up.is_set():
            for partition, end in list(behind.items()):
                # The last records may be gone (compacted), so what counts is where the reader stands.
                if await consumer.position(partition) >= end:
                    del behind[partition]
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
