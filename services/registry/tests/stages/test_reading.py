"""What fold makes of the log's records: good ones, wrong ones, and one that nobody foresaw."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from istmo_interleavings.driving import HANDLE_KEY
from istmo_interleavings.tables import Connection, Tables

from istmo_common.errors import InvalidEvent, UnknownType
from istmo_common.events.envelope import CloudEvent
from istmo_common.events.types import REPORT_TYPES
from istmo_common.kafka.batches import Batch, Move, Partition, Position, RawRecord, Record
from istmo_oracle.building import Sent, activity, payment
from istmo_registry.domain.handles import handle
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.parameters import PARAMETERS
from istmo_registry.stages.fold import Folding
from istmo_registry.stages.incoming import Incoming, is_clear, kind_of
from istmo_registry.stages.reading import Folder, Message, Unread, read_message
from istmo_registry.stages.running import Runner
from istmo_stack.testing import Server

ACTIVITIES, TRANSACTIONS = Partition("activities", 0), Partition("transactions", 2)
PATROLS = "Joint border patrols against contraband"


def _raw(event: CloudEvent | None, partition: Partition = ACTIVITIES, offset: int = 0) -> RawRecord:
    headers = () if event is None else tuple(event.headers())
    return RawRecord(partition, offset, b"key", None if event is None else event.data, headers, 0)


def _wrong(**changes: object) -> RawRecord:
    return _raw(replace(activity(Sent("1", 1), "XA", "a", PATROLS), **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "raw",
    [
        _raw(None),
        _wrong(type="import.withdrawn"),
        _wrong(standing=None),
        _wrong(recorded_time="yesterday"),
        _wrong(time="2026-13-01T00:00:00Z"),
        _wrong(data=b'{"reporter":"XA"}'),
        _raw(Sent("1", 1).event("organisation.changed", {"id": "o"}), Partition("organisations", 0)),
    ],
    ids=["tombstone", "withdrawal", "standing", "recorded", "time", "data", "organisation"],
)
def test_a_record_that_breaks_the_contract_is_told_apart(raw: RawRecord) -> None:
    """It goes to the dead letters with a reason that quotes nothing of it, and never into the tables."""
    with pytest.raises(InvalidEvent) as refused:
        read_message(raw)
    assert PATROLS not in str(refused.value)


@pytest.mark.parametrize(
    "raw",
    [
        _wrong(type="activity-summary.reported"),
        _raw(activity(Sent("1", 1), "XA", "a", PATROLS), Partition("organisations", 0)),
    ],
    ids=["reports", "organisations"],
)
def test_an_event_of_an_unknown_type_is_no_broken_one(raw: RawRecord) -> None:
    """What a newer program wrote does not go to the dead letters: it waits for one that can read it."""
    assert isinstance(read_message(raw).content, Unread)


def test_only_what_withdraws_is_taken_for_a_withdrawal() -> None:
    """Nobody's activity is withdrawn by a report of another type, also not by one that a newer program stored."""
    withdrawing = {type_ for type_ in REPORT_TYPES if kind_of(type_) == "withdrawn"}
    assert withdrawing == {"activity.withdrawn", "transaction.withdrawn"}
    with pytest.raises(UnknownType):
        kind_of("activity.remarked")


def test_what_a_newer_program_states_besides_is_kept() -> None:
    """A report with a field from a newer version is folded as far as it is known, and loses nothing."""
    event = activity(Sent("1", 1), "XA", "a", PATROLS)
    stated = json.loads(event.data) | {"risk": {"level": 2}}
    stated["title"][0]["tone"] = "plain"
    content = read_message(_wrong(data=json.dumps(stated).encode())).content
    assert isinstance(content, Incoming)
    assert {name: content.report.whole()[name] for name in ("risk", "title")} == {
        "risk": {"level": 2},
        "title": stated["title"],
    }
    assert is_clear(content.report)


def test_a_marking_that_says_more_than_is_known_restricts() -> None:
    """An older program never shows to everyone what a newer one may have narrowed."""
    event = activity(Sent("1", 1), "XA", "a", PATROLS)
    stated = json.loads(event.data) | {"marking": {"tlp": "CLEAR", "until": "2027-01-01"}}
    content = read_message(_wrong(data=json.dumps(stated).encode())).content
    assert isinstance(content, Incoming)
    assert not is_clear(content.report)


def _record(event: CloudEvent, partition: Partition, offset: int) -> Record[Message]:
    raw = _raw(event, partition, offset)
    return Record.of(raw, read_message(raw))


@pytest.fixture
async def runner(postgres: Server, tables: Tables) -> AsyncIterator[Runner]:
    """What runs the stages in production, on the tables of this file."""
    made = Runner(postgres.url, tables.schema, "test")
    yield made
    await made.close()


@pytest.mark.stack
async def test_a_record_that_cannot_be_folded_is_parked_alone(connection: Connection, runner: Runner) -> None:
    """The reports around it are folded, the positions move past it, and operators see where it stands in the log."""

    def handle_of(name: ActivityId) -> str:
        if name.reporter == "XB":
            raise ZeroDivisionError("Joint border patrols of a secret report")
        return handle(HANDLE_KEY, name)

    records = (
        _record(activity(Sent("1", 1), "XA", "a", PATROLS), ACTIVITIES, 4),
        _record(activity(Sent("2", 2), "XB", "b", PATROLS), ACTIVITIES, 5),
        _record(activity(Sent("3", 3), "XC", "c", PATROLS), ACTIVITIES, 7),
        _record(payment(Sent("4", 4), "XA", "a", "t"), TRANSACTIONS, 0),
    )
    # Behind the last record of `activities` there was one more that broke the contract.
    moves = (
        Move(ACTIVITIES, None, Position(9, "letter", "cluster")),
        Move(TRANSACTIONS, None, Position(1, "4", "cluster")),
    )
    folder = Folder(runner, Folding(handle_of, PARAMETERS))
    await folder.handle(Batch(records, moves))

    assert [("XA",), ("XC",)] == connection.execute("SELECT reporter FROM activities ORDER BY reporter").fetchall()
    assert (1,) == connection.execute("SELECT count(*) FROM transactions").fetchone()
    parked = connection.execute("SELECT stage, subject, error FROM parked").fetchall()
    assert [("fold", "activities/0/5")] == [row[:2] for row in parked]
    assert parked[0][2].startswith("ZeroDivisionError in handle_of, line ")
    positions = connection.execute(
        "SELECT topic, partition, position, last_event FROM offsets ORDER BY topic"
    ).fetchall()
    assert [("activities", 0, 9, "letter"), ("transactions", 2, 1, "4")] == positions
