"""The sweep: what the compacted topics say last of each key, compared with the tables, and sent again where it differs.

A relay that was paused for longer than its lease may send an old version after the new one. Readers keep the highest
they have met, but compaction keeps the last: without this a reader that begins later would never meet the newest.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from istmo_common.kafka.topics import LARGEST_RECORD_BYTES
from istmo_common.postgres import Pool
from istmo_common.times import format_time
from istmo_registry.registering.partners import PartnerBook
from istmo_registry.stages.publications import Publisher
from istmo_registry.stages.reissue import reissue
from istmo_registry.stages.running import Runner
from istmo_registry.store.published import read_versions
from istmo_registry.store.statement import Row, Stage

__all__ = ["Sweep", "last_versions", "sweep_now_and_then"]

_COMPACTED: Final = ("programmes", "partners")
_AT_ONCE: Final = 200

_Key = tuple[str, str]
"""Topic and key."""

_log = structlog.get_logger(__name__)


async def last_versions(bootstrap_servers: str, topic_prefix: str) -> dict[_Key, int]:
    """The version that stands last under each key of the compacted topics, tombstones included."""
    consumer: Any = AIOKafkaConsumer(
        *(topic_prefix + topic for topic in _COMPACTED),
        bootstrap_servers=bootstrap_servers,
        group_id=None,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=LARGEST_RECORD_BYTES,
    )
    versions: dict[_Key, int] = {}
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        while True:
            behind = [partition for partition, end in ends.items() if await consumer.position(partition) < end]
            if not behind:
                return versions
            for partition, records in (await consumer.getmany(timeout_ms=500)).items():
                topic = partition.topic.removeprefix(topic_prefix)
                versions |= {(topic, record.key.decode()): _version(record.headers) for record in records}
    finally:
        await consumer.stop()


def _version(headers: Sequence[tuple[str, bytes]]) -> int:
    return int(dict(headers).get("ce_version", b"0"))


@dataclass(frozen=True, slots=True)
class Sweep:
    """One look at all keys. Any number may look at a time: what is sent twice is the same."""

    bootstrap_servers: str
    topic_prefix: str
    runner: Runner
    pool: Pool

    async def sweep(self) -> int:
        """Send again what differs; how many keys. Raises what the log and the database raise when they are away."""
        # The tables first: what they held, with nothing waiting, was in the log before it is read.
        stored = await self.runner.run(_stored())
        logged = await last_versions(self.bootstrap_servers, self.topic_prefix)
        behind = {
            (topic, key): version
            for topic, key, version, gone in stored
            # The tombstone of long ago is itself compacted away.
            if logged.get((topic, key), version if gone else 0) < version
        }
        programmes = {key: version for (topic, key), version in behind.items() if topic == "programmes"}
        sent = 0
        for start in range(0, len(programmes), _AT_ONCE):
            some = dict(sorted(programmes.items())[start : start + _AT_ONCE])
            sent += await self.runner.run(reissue(some, Publisher(format_time(datetime.now(UTC)))))
        for topic, key in behind:
            if topic == "partners":
                await PartnerBook(self.pool).change(key, {})
                sent += 1
        return sent


def _stored() -> Stage[list[Row]]:
    return (yield read_versions())


async def sweep_now_and_then(sweep: Sweep, every: timedelta) -> None:
    """Sweep, for ever: run it as a task. What is away is looked for the next time."""
    while True:
        await asyncio.sleep(every.total_seconds())
        try:
            sent = await sweep.sweep()
        except (KafkaError, OSError, OperationalError, PoolTimeout) as error:
            _log.warning("nothing could be swept now", reason=type(error).__name__)
        else:
            if sent:
                _log.warning("what the log had lost was sent again", keys=sent)
