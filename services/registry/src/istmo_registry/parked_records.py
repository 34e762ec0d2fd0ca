"""Records that fold set aside, read from the log once more: by a mended program, or by one that knows their type."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from psycopg import OperationalError

from istmo_common.errors import InvalidEvent
from istmo_common.kafka.batches import Partition, Place, RawRecord, Record
from istmo_common.kafka.topics import LARGEST_RECORD_BYTES
from istmo_registry.stages.parking import describe
from istmo_registry.stages.reading import Folder, read_message
from istmo_registry.stages.running import Runner
from istmo_registry.store.parked import read_parked_records
from istmo_registry.store.statement import Row, Stage

__all__ = ["fold_parked_records", "fold_parked_when"]

_READ_SECONDS: Final = 10.0
_AGAIN_SECONDS: Final = 1.0

_log = structlog.get_logger(__name__)


async def fold_parked_when(taken_up: asyncio.Event, again: Callable[[], Awaitable[None]]) -> None:
    """Call `again` whenever `taken_up` is set: what an older program set aside waits for whoever takes its place."""
    while True:
        await taken_up.wait()
        taken_up.clear()
        try:
            await again()
        except OperationalError as error:
            _log.warning("parked records cannot be tried yet", reason=type(error).__name__)
            await asyncio.sleep(_AGAIN_SECONDS)
            taken_up.set()


async def fold_parked_records(bootstrap_servers: str, topic_prefix: str, runner: Runner, folder: Folder) -> None:
    """Try each parked record again. What still raises stays parked, and so does what the log does not give now."""
    for (subject,) in await runner.run(_parked()):
        place = Place.read(subject)
        try:
            raw = await _read(bootstrap_servers, topic_prefix, place)
            await folder.again(Record.of(raw, read_message(raw)))
        except OperationalError:
            raise
        except (InvalidEvent, KafkaError, OSError, TimeoutError) as error:
            _log.warning("a parked record cannot be read again", record=subject, reason=type(error).__name__)
        except Exception as error:
            _log.error("a record stays parked", record=subject, error=describe(error))
        else:
            _log.info("a parked record is folded", record=subject)


def _parked() -> Stage[list[Row]]:
    return (yield read_parked_records())


async def _read(bootstrap_servers: str, topic_prefix: str, place: Place) -> RawRecord:
    consumer: Any = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers,
        group_id=None,
        enable_auto_commit=False,
        max_partition_fetch_bytes=LARGEST_RECORD_BYTES,
    )
    partition = TopicPartition(topic_prefix + place.topic, place.partition)
    await consumer.start()
    try:
        consumer.assign([partition])
        consumer.seek(partition, place.offset)
        async with asyncio.timeout(_READ_SECONDS):
            return RawRecord.of(await consumer.getone(partition), Partition(place.topic, place.partition))
    finally:
        await consumer.stop()
