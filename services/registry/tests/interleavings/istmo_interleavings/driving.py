"""Driving stages without a pause: what production does, in a few lines."""

from collections.abc import Generator, Iterable, Sequence
from typing import Any, Final, TypeVar

from istmo_common.events.envelope import CloudEvent
from istmo_common.kafka.batches import Move
from istmo_interleavings.tables import Connection
from istmo_registry.domain.handles import handle
from istmo_registry.domain.parameters import PARAMETERS, Parameters
from istmo_registry.stages.claims import Claim, Done
from istmo_registry.stages.fold import Batch, Content, Folding, fold
from istmo_registry.stages.incoming import read_incoming
from istmo_registry.stages.incoming_organisations import read_organisation
from istmo_registry.stages.match import Matching, match
from istmo_registry.stages.publications import Publisher
from istmo_registry.stages.relay import Answer, Relaying, Send, relay
from istmo_registry.stages.resolve import resolve
from istmo_registry.store.export import export
from istmo_registry.store.outbox import OutboxRow
from istmo_registry.store.statement import Row, Stage, Statement

__all__ = [
    "HANDLE_KEY",
    "PUBLISHER",
    "drive",
    "everything",
    "execute",
    "exported",
    "folding",
    "matching",
    "relaying",
    "resolving",
    "rest",
]

T = TypeVar("T")

HANDLE_KEY: Final = b"a key of thirty-two characters .."
PUBLISHER: Final = Publisher("2026-01-01T00:00:00.000000Z")
_PATIENCE: Final = 50


def execute(connection: Connection, statement: Statement) -> list[Row]:
    """Execute a statement that a stage yielded."""
    cursor = connection.execute(statement.sql.encode(), statement.params)
    return cursor.fetchall() if cursor.description is not None else []


def drive(connection: Connection, stage: Generator[Any, Any, T], sent: list[OutboxRow] | None = None) -> T:
    """Run a stage to its end. What it sends is added to `sent`."""
    try:
        yielded = next(stage)
        while True:
            if isinstance(yielded, Send):
                assert sent is not None
                sent.extend(yielded.rows)
                yielded = stage.send([Answer.ACKNOWLEDGED for _ in yielded.rows])
            else:
                yielded = stage.send(execute(connection, yielded))
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]


def folding(events: Iterable[CloudEvent], parameters: Parameters, moves: Sequence[Move] = ()) -> Stage[None]:
    """Fold events as one batch, with nothing in memory."""
    known = Folding(lambda activity: handle(HANDLE_KEY, activity), parameters)
    yield from fold(Batch.of(map(_read, events), moves), known)


def _read(event: CloudEvent) -> Content:
    return read_organisation(event) if event.type.startswith("organisation.") else read_incoming(event)


def matching(parameters: Parameters, limit: int = 100) -> Stage[Done]:
    """One round of match, as often as somebody is quicker."""
    kept = Matching(parameters)
    for _ in range(_PATIENCE):
        done = yield from match(Claim(), kept, limit)
        if done is not Done.STALE:
            return done
    raise AssertionError("match is never done")


def resolving(limit: int = 100, parameters: Parameters = PARAMETERS) -> Stage[Done]:
    """One round of resolve."""
    return (yield from resolve(Claim(), PUBLISHER, limit, parameters))


def relaying(holder: str, limit: int = 3, lease_seconds: float = 60.0) -> Relaying:
    """Rounds of relay until there is nothing for it to send, or its lease is lost."""
    done = Done.SOME
    while done is Done.SOME:
        done = yield from relay(holder, lease_seconds, limit)
    return done


def rest(parameters: Parameters, limit: int = 100) -> Stage[None]:
    """Match and resolve until nothing waits."""
    matched = resolved = Done.SOME
    while (matched, resolved) != (Done.NOTHING, Done.NOTHING):
        matched = yield from matching(parameters, limit)
        resolved = yield from resolving(limit, parameters)


def everything(events: Iterable[CloudEvent], parameters: Parameters) -> Stage[None]:
    """Fold events, then match and resolve until nothing waits."""
    yield from folding(events, parameters)
    yield from rest(parameters)


def exported(connection: Connection) -> list[str]:
    """The export of what the tables hold."""
    return drive(connection, export(HANDLE_KEY))
