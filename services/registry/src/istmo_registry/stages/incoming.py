"""A report, or the withdrawal of an import, as it arrives from the log, taken apart once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, assert_never

from istmo_common.errors import InvalidEvent, UnknownType
from istmo_common.events.activities import ActivityReported, ActivityWithdrawn
from istmo_common.events.envelope import CloudEvent
from istmo_common.events.transactions import TransactionReported, TransactionWithdrawn
from istmo_common.events.types import IMPORT_WITHDRAWN, Report, read_import_withdrawn, read_report
from istmo_common.times import parse_time
from istmo_registry.domain.identity import Copy
from istmo_registry.domain.ids import ActivityId, EventKey, ImportId
from istmo_registry.domain.transactions import event_identity
from istmo_registry.domain.versions import Kind

__all__ = ["Incoming", "IncomingWithdrawal", "is_clear", "kind_of", "read_incoming", "states_list", "transaction_of"]

_KINDS: Final[dict[str, Kind]] = {"reported": "reported", "withdrawn": "withdrawn"}


@dataclass(frozen=True, slots=True)
class Incoming:
    """One arrival of a report. `data` is its canonical JSON; `traceparent` names the trace that it belongs to.

    `place` is where it stands in the log: topic, partition and offset.
    """

    copy: Copy
    type: str
    time: datetime | None
    report: Report
    data: str
    traceparent: str | None = None
    place: str = ""

    @property
    def subject(self) -> ActivityId:
        """The activity that it is about."""
        return ActivityId(self.report.reporter, self.report.activity)

    @classmethod
    def of(cls, event: CloudEvent) -> "Incoming":
        """Read a report. Raises `InvalidEvent` if it is none."""
        report = read_report(event)
        if event.standing not in ("owner", "custodian"):
            raise InvalidEvent("the event does not say whether it is the organisation's own")
        recorded = _time(event.recorded_time)
        time = None if event.time is None else _time(event.time)
        key = EventKey(event.partner or "", event.source, event.id)
        copy = Copy(key, event.content_hash, recorded, event.standing, event.import_id)
        return cls(copy, event.type, time, report, event.data.decode(), event.traceparent)


@dataclass(frozen=True, slots=True)
class IncomingWithdrawal:
    """One arrival of `import.withdrawn`: the import, and what an operator follows it by, as of a report.

    Its own id and time decide nothing: an import is withdrawn if anything in the log says so.
    """

    importing: ImportId
    key: EventKey
    recorded: datetime
    traceparent: str | None = None
    place: str = ""

    @classmethod
    def of(cls, event: CloudEvent) -> "IncomingWithdrawal":
        """Read an `import.withdrawn`. Raises `InvalidEvent` if it is none."""
        withdrawn = read_import_withdrawn(event)
        key = EventKey(event.partner or "", event.source, event.id)
        return cls(ImportId(key.partner, withdrawn.import_id), key, _time(event.recorded_time), event.traceparent)


def _time(text: str) -> datetime:
    try:
        return parse_time(text)
    except ValueError as error:
        raise InvalidEvent(str(error)) from None


def read_incoming(event: CloudEvent) -> Incoming | IncomingWithdrawal:
    """Read an event of the topics of reports. Raises `InvalidEvent` if it is none."""
    return IncomingWithdrawal.of(event) if event.type == IMPORT_WITHDRAWN else Incoming.of(event)


def transaction_of(report: Report) -> str | None:
    """The identity of the transaction that the event is about; None for one about an activity."""
    if isinstance(report, TransactionReported):
        # The payload refuses to be without it.
        return event_identity(report.transaction.transaction_id or "")
    return event_identity(report.transaction_id) if isinstance(report, TransactionWithdrawn) else None


def states_list(report: Report) -> bool:
    """Whether the report states a complete list of transactions."""
    return isinstance(report, ActivityReported) and report.transactions is not None


def is_clear(report: Report) -> bool:
    """Whether the report's own marking is CLEAR; what carries none shows nothing of its own."""
    match report:
        case ActivityReported():
            return report.marking.is_clear
        case ActivityWithdrawn() | TransactionReported() | TransactionWithdrawn():
            return True
        case _:
            assert_never(report)


def kind_of(type_: str) -> Kind:
    """Whether an event of this type reports or withdraws what it is about.

    Its name says so. Raises `UnknownType` where it says neither: what only adds is not to be taken for a withdrawal.
    """
    kind = _KINDS.get(type_.rpartition(".")[2])
    if kind is None:
        raise UnknownType(f"nothing says whether {type_!r} reports or withdraws"[:200])
    return kind
