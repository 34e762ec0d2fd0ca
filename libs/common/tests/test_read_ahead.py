"""What a consumer has read ahead: in what order it is handled, and how much of it at once."""

from hypothesis import given
from hypothesis import strategies as st

from istmo_common.kafka.batches import Buffer, Partition, RawRecord

PARTITIONS = [Partition("activities", 0), Partition("activities", 1), Partition("transactions", 0)]
RECORDS = st.lists(st.tuples(st.sampled_from(PARTITIONS), st.integers(0, 9), st.integers(0, 30)), max_size=40)


def _records(told: list[tuple[Partition, int, int]]) -> list[RawRecord]:
    return [
        RawRecord(partition, offset, b"", b"x" * size, (), written)
        for offset, (partition, written, size) in enumerate(told)
    ]


def _emptied(buffer: Buffer) -> list[list[RawRecord]]:
    batches = []
    while buffer:
        batches.append(buffer.cut())
    return batches


@given(RECORDS)
def test_what_was_written_first_is_handled_first_and_a_partition_keeps_its_order(
    told: list[tuple[Partition, int, int]],
) -> None:
    """At each step the oldest of what comes next in the partitions; of equally old ones that of the first partition."""
    waiting = records = _records(told)
    expected = []
    while waiting:
        nexts = {record.partition: record for record in reversed(waiting)}.values()
        first = min(nexts, key=lambda record: (record.written_ms, record.partition))
        expected.append(first)
        waiting = [record for record in waiting if record is not first]
    buffer = Buffer(max_records=7, max_bytes=10_000)
    buffer.extend(records)

    assert expected == [record for batch in _emptied(buffer) for record in batch]


@given(RECORDS, st.integers(1, 7), st.integers(1, 70))
def test_a_batch_is_bounded_and_reading_pauses_when_it_is_whole(
    told: list[tuple[Partition, int, int]], most: int, most_bytes: int
) -> None:
    """A batch has at most so many records and, unless one record is larger, so many bytes."""
    records = _records(told)
    buffer = Buffer(most, most_bytes)
    buffer.extend(records)
    assert buffer.full == (len(records) >= most or sum(record.size for record in records) >= most_bytes)
    batches = _emptied(buffer)

    assert len(records) == sum(map(len, batches))
    assert all(len(batch) <= most for batch in batches)
    assert all(len(batch) == 1 or sum(record.size for record in batch) <= most_bytes for batch in batches)
    assert not buffer.full
    assert not any(partition in buffer for partition in PARTITIONS)


def test_what_is_let_go_leaves_nothing() -> None:
    """Partitions that were taken away leave neither records nor their sizes."""
    buffer = Buffer(2, 100)
    buffer.extend(_records([(PARTITIONS[0], 1, 200), (PARTITIONS[1], 1, 0)]))
    assert buffer.full
    assert PARTITIONS[1] in buffer
    buffer.clear()

    assert (0, False, []) == (len(buffer), buffer.full, buffer.cut())
