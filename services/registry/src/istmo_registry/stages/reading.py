"""Fold's way out of the log: records read as reports or organisations, and batches of them folded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import structlog
from psycopg import OperationalError

from istmo_common.errors import InvalidEvent, PositionMoved, UnknownType
from istmo_common.events.organisations import OrganisationChanged
from istmo_common.kafka.batches import Batch as Read
from istmo_common.kafka.batches import Move, Partition, Position, RawRecord, Record, read_event
from istmo_registry.stages.fold import Batch, Content, Folding, fold
from istmo_registry.stages.following import arrived
from istmo_registry.stages.incoming import Incoming, read_incoming
from istmo_registry.stages.incoming_organisations import IncomingMerge, read_organisation
from istmo_registry.stages.parking import describe, set_record_aside
from istmo_registry.stages.running import Runner
from istmo_registry.stages.tracing import continued
from istmo_registry.store.parked import unpark_record
from istmo_registry.store.stage_records import Arrived
from istmo_registry.store.statement import each

__all__ = ["TOPICS", "Folder", "Message", "read_message"]

TOPICS = ("activities", "transactions", "organisations")
"""What fold consumes."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Unread:
    """An event of a type that this program does not know: it is set aside until a newer one reads it."""

    error: UnknownType


@dataclass(frozen=True, slots=True)
class Message:
    """What a record says, with the id of its event."""

    event_id: str
    content: Content | Unread


def read_message(raw: RawRecord) -> Message:
    """Read a record of fold's topics. Raises `InvalidEvent`."""
    event = read_event(raw)
    if event is None:
        raise InvalidEvent("the record has no value")
    read = read_organisation if raw.partition.topic == "organisations" else read_incoming
    try:
        return Message(event.id, read(event))
    except UnknownType as error:
        return Message(event.id, Unread(error))


class Folder:
    """Folds what a consumer reads."""

    def __init__(self, runner: Runner, folding: Folding) -> None:
        self._runner = runner
        self._folding = folding

    async def handle(self, read: Read[Message]) -> None:
        """Fold a batch; if it raises, its records one at a time, and park the one that cannot be folded."""
        try:
            await self._fold(read.records, read.moves)
        except (OperationalError, PositionMoved):
            raise
        except Exception as error:
            _log.warning("a batch could not be folded; its records go one at a time", error=describe(error))
            await self._one_at_a_time(read)

    async def again(self, record: Record[Message]) -> None:
        """Fold a record that was parked, and forget that it was; it stays parked if it still cannot be folded."""
        await self._fold([record], [])
        await self._runner.run(each([unpark_record(str(record.place))]))

    async def _fold(self, records: Iterable[Record[Message]], moves: Sequence[Move]) -> None:
        await self._runner.run(fold(_batch(records, moves), self._folding))

    async def _one_at_a_time(self, read: Read[Message]) -> None:
        standing = {move.partition: move.expected for move in read.moves}
        clusters = {move.partition: move.to.cluster for move in read.moves}
        for record in read.records:
            place, message = record.partition, record.message
            move = Move(place, standing[place], Position(record.offset + 1, message.event_id, clusters[place]))
            try:
                await self._fold([record], [move])
            except (OperationalError, PositionMoved):
                raise
            except Exception as error:
                await self._park(record, move, error)
            standing[place] = record.offset + 1
        # What follows the last record of a partition are records that break the contract: their letters are written.
        rest = [replace(move, expected=standing[move.partition]) for move in read.moves]
        await self._fold([], [move for move in rest if move.expected != move.to.offset])

    async def _park(self, record: Record[Message], move: Move, error: Exception) -> None:
        reason = describe(error)
        place: Partition = record.partition
        _log.error("a record is parked", topic=place.topic, partition=place.number, offset=record.offset, error=reason)
        content = record.message.content
        followed: list[Arrived] = []
        if isinstance(content, Incoming):
            placed = replace(content, traceparent=record.traceparent, place=str(record.place))
            followed += arrived(placed, None, f"parked: {reason}")
        await self._runner.run(set_record_aside(place, record.offset, [move], reason, record.traceparent, followed))


def _batch(records: Iterable[Record[Message]], moves: Sequence[Move]) -> Batch:
    return Batch.of((_followed(record) for record in records), moves)


def _followed(record: Record[Message]) -> Content:
    """What a record says, with the trace that it goes on with and its place in the log."""
    content = record.message.content
    if isinstance(content, Unread):
        raise content.error
    if isinstance(content, OrganisationChanged):
        return content
    traceparent = continued(record.traceparent)
    if isinstance(content, IncomingMerge):
        return replace(content, traceparent=traceparent)
    return replace(content, traceparent=traceparent, place=str(record.place))
