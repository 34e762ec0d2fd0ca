"""The sweep: what the compacted topics say last of each key, compared with the tables, and sent again where it differs.

A relay that was paused for longer than its lease may send an old version after the new one. Readers keep the highest
they have met, but compaction keeps the last: without this a reader that begins later would never meet the newest.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from aiokafka.errors import KafkaError
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from istmo_common.kafka.whole import read_to_end
from istmo_common.partners import PartnerRecord
from istmo_common.postgres import Pool
from istmo_common.times import format_time
from istmo_registry.registering.partners import PartnerBook
from istmo_registry.stages.publications import Publisher
from istmo_registry.stages.reissue import overtake_findings, overtake_programmes, reissue
from istmo_registry.stages.running import Runner
from istmo_registry.store.published import read_finding_versions, read_versions
from istmo_registry.store.statement import Row, Stage

__all__ = ["Sweep", "last_versions", "sweep_now_and_then"]

_TOPICS: Final = ("programmes", "partners", "findings")
_AT_ONCE: Final = 200
_SOON: Final = timedelta(seconds=30)

_Key = tuple[str, str]
"""Topic and key."""

_log = structlog.get_logger(__name__)


async def last_versions(bootstrap_servers: str, topic_prefix: str) -> dict[_Key, int]:
    """The version that stands last under each key of what the registry publishes, tombstones included."""
    return {key: version for key, (version, _) in (await _last(bootstrap_servers, topic_prefix)).items()}


async def _last(bootstrap_servers: str, topic_prefix: str) -> dict[_Key, tuple[int, bytes | None]]:
    """By topic and key the version that stands last, and of partners what it says."""
    last: dict[_Key, tuple[int, bytes | None]] = {}
    async with aclosing(read_to_end(bootstrap_servers, [topic_prefix + topic for topic in _TOPICS])) as records:
        async for record in records:
            topic = record.topic.removeprefix(topic_prefix)
            value = record.value if topic == "partners" else None
            last[topic, record.key.decode()] = (_version(record.headers), value)
    return last


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
        findings = await self.runner.run(_findings())
        last = await _last(self.bootstrap_servers, self.topic_prefix)
        logged = {key: version for key, (version, _) in last.items()}
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
        versions = {(topic, key): version for topic, key, version, _ in stored}
        versions |= {("findings", key): version for key, version in findings}
        return sent + await self._overtake(last, versions)

    async def _overtake(self, last: Mapping[_Key, tuple[int, bytes | None]], versions: Mapping[_Key, int]) -> int:
        """Where the log is ahead of the tables, these are of an earlier moment: they were restored without it.

        (Or they have moved on since they were read, which is seen under the lock.)
        """
        ahead = {place: version for place, (version, _) in last.items() if versions.get(place, 0) < version}
        publisher, sent = Publisher(format_time(datetime.now(UTC))), 0
        for topic, overtake in (("programmes", overtake_programmes), ("findings", overtake_findings)):
            some = sorted((key, version) for (of, key), version in ahead.items() if of == topic)
            for start in range(0, len(some), _AT_ONCE):
                sent += await self.runner.run(overtake(dict(some[start : start + _AT_ONCE]), publisher))
        for topic, key in ahead:
            told = last[topic, key][1]
            if topic == "partners" and told is not None:
                sent += await PartnerBook(self.pool).take_back(PartnerRecord.read(told))
        return sent


def _findings() -> Stage[list[Row]]:
    return (yield read_finding_versions())


def _stored() -> Stage[list[Row]]:
    return (yield read_versions())


async def sweep_now_and_then(sweep: Sweep, every: timedelta) -> None:
    """Sweep, for ever: run it as a task. It looks again soon after the start, and after something was amiss."""
    pause = _SOON
    while True:
        await asyncio.sleep(min(pause, every).total_seconds())
        pause = every
        try:
            sent = await sweep.sweep()
        except (KafkaError, OSError, OperationalError, PoolTimeout) as error:
            _log.warning("nothing could be swept now", reason=type(error).__name__)
        else:
            if sent:
                pause = _SOON
                _log.warning("what the log had lost was sent again", keys=sent)
