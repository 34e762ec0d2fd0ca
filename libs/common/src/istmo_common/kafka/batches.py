"""What a consumer hands to its handler: records that were read together, and how far their positions move."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heapreplace
from typing import Any, Generic, NamedTuple, Self, TypeVar

from istmo_common.errors import InvalidEvent
from istmo_common.events.envelope import CloudEvent
from istmo_common.kafka.headers import TRACEPARENT

__all__ = ["Batch", "Buffer", "Move", "Partition", "Place", "Position", "RawRecord", "Record", "moves_of", "read_event"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, order=True)
class Partition:
    """A partition of a topic, which goes by its declared name, without prefix."""

    topic: str
    number: int


class Place(NamedTuple):
    """Where a record stands in the log."""

    topic: str
    partition: int
    offset: int

    @classmethod
    def read(cls, text: str) -> Self:
        """From `topic/partition/offset`. Raises ValueError."""
        topic, partition, offset = text.rsplit("/", 2)
        return cls(topic, int(partition), int(offset))

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass(frozen=True, slots=True)
class Position:
    """Where a reader stands: the next `offset` to read, the id of the event before it, and the id of the log (cluster).

    `last_event` is None where the record before is no event.
    """

    offset: int
    last_event: str | None
    cluster: str


@dataclass(frozen=True, slots=True)
class Move:
    """A position that goes on once a batch is done. `expected` is the stored offset, None where nothing is stored."""

    partition: Partition
    expected: int | None
    to: Position


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A record as it stands in the log, since `written_ms` (milliseconds since 1970, by its producer's clock)."""

    partition: Partition
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    written_ms: int

    @classmethod
    def of(cls, record: Any, partition: Partition) -> Self:
        """What aiokafka read."""
        return cls(partition, record.offset, record.key, record.value, tuple(record.headers), record.timestamp)

    @property
    def size(self) -> int:
        """Bytes of key, value and headers."""
        size = len(self.key or b"") + len(self.value or b"")
        for name, text in self.headers:
            size += len(name) + len(text)
        return size

    def header(self, name: str) -> str | None:
        """The text of a header, None where it is missing."""
        for header, text in self.headers:
            if header == name:
                return text.decode("utf-8", "replace")
        return None


@dataclass(frozen=True, slots=True)
class Record(Generic[T]):
    """A record whose message has been read. `traceparent` is the trace context that it came with."""

    partition: Partition
    offset: int
    key: bytes
    message: T
    traceparent: str | None

    @classmethod
    def of(cls, raw: RawRecord, message: T) -> Self:
        """The record with what was read from it."""
        return cls(raw.partition, raw.offset, raw.key or b"", message, raw.header(TRACEPARENT))

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.partition.topic, self.partition.number, self.offset)


@dataclass(frozen=True, slots=True)
class Batch(Generic[T]):
    """Records, those of a partition in its order. `moves` covers the invalid ones too, so `records` may be empty.

    A handler stores what the records do and the moves in one transaction.
    """

    records: tuple[Record[T], ...]
    moves: tuple[Move, ...]


def read_event(raw: RawRecord) -> CloudEvent | None:
    """The event of a record, None for a tombstone. Raises `InvalidEvent`."""
    if raw.key is None:
        raise InvalidEvent("the record has no key")
    return None if raw.value is None else CloudEvent.from_headers(raw.headers, raw.value)


class Buffer:
    """Records that were read ahead, up to a number and a sum of bytes at which reading pauses.

    What was written first comes first, whatever its partition; within one, the order is that of the log.
    """

    def __init__(self, max_records: int, max_bytes: int) -> None:
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._waiting: dict[Partition, deque[RawRecord]] = {}
        self._records = 0
        self._bytes = 0

    def __len__(self) -> int:
        return self._records

    def __contains__(self, partition: Partition) -> bool:
        return partition in self._waiting

    @property
    def full(self) -> bool:
        """Whether there is enough for a whole batch."""
        return self._records >= self._max_records or self._bytes >= self._max_bytes

    def extend(self, records: Iterable[RawRecord]) -> None:
        """Add records at the end of their partitions."""
        for record in records:
            self._waiting.setdefault(record.partition, deque()).append(record)
            self._records += 1
            self._bytes += record.size

    def clear(self) -> None:
        """Forget everything."""
        self._waiting.clear()
        self._records = self._bytes = 0

    def cut(self) -> list[RawRecord]:
        """Take the next batch: at least one record, no more than the limits otherwise allow."""
        firsts = [(waiting[0].written_ms, partition) for partition, waiting in self._waiting.items()]
        heapify(firsts)
        batch: list[RawRecord] = []
        taken = 0
        while firsts and len(batch) < self._max_records:
            _, partition = firsts[0]
            waiting = self._waiting[partition]
            size = waiting[0].size
            if batch and taken + size > self._max_bytes:
                break
            batch.append(waiting.popleft())
            taken += size
            if waiting:
                heapreplace(firsts, (waiting[0].written_ms, partition))
            else:
                heappop(firsts)
                del self._waiting[partition]
        self._records -= len(batch)
        self._bytes -= taken
        return batch


def moves_of(batch: Iterable[RawRecord], stored: Mapping[Partition, int | None], cluster: str) -> tuple[Move, ...]:
    """How far a batch moves each of its partitions on."""
    last = {record.partition: record for record in batch}
    return tuple(
        Move(partition, stored[partition], Position(record.offset + 1, record.header("ce_id"), cluster))
        for partition, record in sorted(last.items())
    )
