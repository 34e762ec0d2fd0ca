"""Folding the log from its start, as far as the live tables have read it and no further."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from istmo_common.errors import BrokerUnavailable, InvalidEvent, LogDoesNotFit
from istmo_common.kafka.batches import Batch, Partition, RawRecord, Record, moves_of
from istmo_common.kafka.topics import LARGEST_RECORD_BYTES
from istmo_registry.stages.reading import Folder, Message, read_message

__all__ = ["LogFolder"]

_AT_ONCE: Final = 500
_FETCH_BYTES: Final = 8 * 1024 * 1024

_log = structlog.get_logger(__name__)


class LogFolder:
    """Reads without a group, and writes no dead letters: what breaks the contract got its letter before."""

    def __init__(self, bootstrap_servers: str, topic_prefix: str, cluster: str, folder: Folder) -> None:
        self._bootstrap_servers, self._prefix = bootstrap_servers, topic_prefix
        self._cluster, self._folder = cluster, folder
        self._at: dict[Partition, int | None] = {}

    @property
    def read(self) -> int:
        """How many records were read."""
        return sum(position or 0 for position in self._at.values())

    async def fold_until(self, bounds: Mapping[Partition, int]) -> None:
        """Fold what stands before these offsets and was not folded yet.

        Raises `LogDoesNotFit` where the log does not hold it any more, `BrokerUnavailable`.
        """
        behind = {partition: bound for partition, bound in bounds.items() if (self._at.get(partition) or 0) < bound}
        if not behind:
            return
        try:
            await self._fold(behind)
        except (KafkaError, OSError, TimeoutError) as error:
            raise BrokerUnavailable(f"the log cannot be read now: {error!r}") from error

    async def _fold(self, behind: dict[Partition, int]) -> None:
        consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap_servers,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            fetch_max_bytes=_FETCH_BYTES,
            max_partition_fetch_bytes=LARGEST_RECORD_BYTES,
        )
        places = {TopicPartition(self._prefix + each.topic, each.number): each for each in behind}
        await consumer.start()
        try:
            consumer.assign(list(places))
            await self._check(consumer, places, behind)
            for place, partition in places.items():
                consumer.seek(place, self._at.get(partition) or 0)
            while places:
                found = await consumer.getmany(*places, timeout_ms=500, max_records=_AT_ONCE)
                raws = [RawRecord.of(record, places[place]) for place, some in found.items() for record in some]
                await self._take([raw for raw in raws if raw.offset < behind[raw.partition]])
                done = [place for place, each in places.items() if (self._at.get(each) or 0) >= behind[each]]
                for place in done:
                    del places[place]
        finally:
            await consumer.stop()

    async def _check(
        self, consumer: Any, places: Mapping[TopicPartition, Partition], behind: Mapping[Partition, int]
    ) -> None:
        begins, ends = await consumer.beginning_offsets(list(places)), await consumer.end_offsets(list(places))
        for place, partition in places.items():
            if begins[place] > 0 or ends[place] < behind[partition]:
                raise LogDoesNotFit(
                    f"{partition.topic}/{partition.number} holds {begins[place]} to {ends[place]}, and the live tables "
                    f"had read from 0 to {behind[partition]}: what is gone cannot be folded again"
                )

    async def _take(self, raws: list[RawRecord]) -> None:
        if not raws:
            return
        stored = {raw.partition: self._at.get(raw.partition) for raw in raws}
        await self._folder.handle(Batch(tuple(_read(raws)), moves_of(raws, stored, self._cluster)))
        self._at |= {raw.partition: raw.offset + 1 for raw in raws}


def _read(raws: Iterable[RawRecord]) -> Iterable[Record[Message]]:
    for raw in raws:
        try:
            yield Record.of(raw, read_message(raw))
        except InvalidEvent as error:
            _log.info("a record is left out, as when it was first read", topic=raw.partition.topic, reason=str(error))
