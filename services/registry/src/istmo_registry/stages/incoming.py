"""A report as it arrives from the log, taken apart once."""

from dataclasses import dataclass
from datetime import datetime

from istmo_common.errors import InvalidEvent
from istmo_common.events.activities import ActivityReported
from istmo_common.events.envelope import CloudEvent
from istmo_common.events.transactions import TransactionReported, TransactionWithdrawn
from istmo_common.events.types import Report, read_report
from istmo_common.times import parse_time
from istmo_registry.domain.identity import Copy
from istmo_registry.domain.ids import ActivityId, EventKey
from istmo_registry.domain.transactions import event_identity

__all__ = ["Incoming", "is_clear", "states_list", "transaction_of"]


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
        """Read an event of the topics of reports. Raises `InvalidEvent` if it is none."""
        report = read_report(event)
        if event.standing not in ("owner", "custodian"):
            raise InvalidEvent("the event does not say whether it is the organisation's own")
        try:
            recorded = parse_time(event.recorded_time)
            time = None if event.time is None else parse_time(event.time)
        except ValueError as error:
            raise InvalidEvent(str(error)) from None
        key = EventKey(event.partner or "", event.source, event.id)
        copy = Copy(key, event.content_hash, recorded, event.standing, event.import_id)
        return cls(copy, event.type, time, report, event.data.decode(), event.traceparent)


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
    return not isinstance(report, ActivityReported) or report.marking.is_clear
