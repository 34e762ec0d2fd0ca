"""Taking up partitions: where each was left, and whether this log is still the one that was being read."""

from collections.abc import Collection, Mapping
from typing import Any

from aiokafka import TopicPartition

from istmo_common.errors import LogDoesNotFit
from istmo_common.kafka.batches import Partition, Position, RawRecord

__all__ = ["Overlap", "does_not_fit", "partitions_of", "seek_positions"]


class Overlap:
    """Checks that the record before each stored position is the event that was read there."""

    def __init__(self, group: str) -> None:
        self._group = group
        self._expected: dict[Partition, Position] = {}

    def expect(self, partition: Partition, position: Position) -> None:
        """The next record of `partition` may be the one before `position`, read again to be recognised."""
        self._expected[partition] = position

    def admit(self, record: RawRecord) -> bool:
        """Whether a record is to be handled; False for one that was only read to be recognised.

        Raises `LogDoesNotFit` when it is not the one that was read before.
        """
        position = self._expected.pop(record.partition, None)
        # Where compaction took the record, the first one stands at the position or later, and is new.
        if position is None or record.offset >= position.offset:
            return True
        if record.header("ce_id") != position.last_event:
            raise does_not_fit(self._group, record.partition, "another event stands where it had read")
        return False


async def seek_positions(
    consumer: Any,
    assigned: Mapping[TopicPartition, Partition],
    stored: Mapping[Partition, Position],
    cluster: str,
    group: str,
) -> Overlap:
    """Set each assigned partition to its stored position, or to its beginning where none is stored.

    Raises `LogDoesNotFit` where the log has another id, or no longer (or not yet) reaches a stored position.
    """
    overlap = Overlap(group)
    begins = await consumer.beginning_offsets(list(assigned))
    ends = await consumer.end_offsets(list(assigned))
    for tp, partition in assigned.items():
        position = stored.get(partition)
        if position is None:
            consumer.seek(tp, begins[tp])
            continue
        _check(group, partition, position, cluster, (begins[tp], ends[tp]))
        back = position.last_event is not None and position.offset > begins[tp]
        if back:
            overlap.expect(partition, position)
        consumer.seek(tp, position.offset - 1 if back else position.offset)
    return overlap


def _check(group: str, partition: Partition, position: Position, cluster: str, reach: tuple[int, int]) -> None:
    begin, end = reach
    if position.cluster != cluster:
        raise does_not_fit(group, partition, f"it had read a log with the id {position.cluster}, this is {cluster}")
    if position.offset > end:
        raise does_not_fit(group, partition, f"it had read up to {position.offset}, and this log ends at {end}")
    if position.offset < begin:
        raise does_not_fit(group, partition, f"it had read up to {position.offset}, and this log begins at {begin}")


def does_not_fit(group: str, partition: Partition, what: str) -> LogDoesNotFit:
    """The error for a log that is not the one that `group` was reading."""
    return LogDoesNotFit(
        f"{group} stops at {partition.topic}/{partition.number}: {what}. Bring back the log and the tables of one and "
        "the same moment, or empty the tables of this service (its offsets too) and let it read the log again"
    )


def partitions_of(assigned: Collection[TopicPartition], prefix: str) -> dict[TopicPartition, Partition]:
    """The assigned partitions under the declared names of their topics."""
    return {tp: Partition(tp.topic.removeprefix(prefix), tp.partition) for tp in sorted(assigned)}
