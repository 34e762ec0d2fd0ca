"""Events for tests, with little to say: a report of a made-up activity at a made-up time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from istmo_common.canonical import canonical_report
from istmo_common.events.envelope import CloudEvent
from istmo_common.times import format_time
from istmo_registry.domain.directory import KNOWN_ORGANISATIONS

__all__ = [
    "Sent",
    "activity",
    "at",
    "import_withdrawal",
    "merge",
    "organisation",
    "payment",
    "transaction",
    "undo_merge",
    "unpay",
    "withdrawal",
]

_START = datetime(2026, 1, 1, tzinfo=UTC)


def at(minute: int) -> str:
    """A time, so many minutes after all began."""
    return format_time(_START + timedelta(minutes=minute))


@dataclass(frozen=True)
class Sent:
    """How a report came: its event id, when it was recorded and from when it says it is (minutes), and from whom."""

    id: str
    recorded: int
    time: int | None = None
    standing: str = "owner"
    partner: str = "partner"
    import_id: str | None = None

    def event(self, type: str, data: dict[str, Any]) -> CloudEvent:
        """The event that came so."""
        return CloudEvent(
            id=self.id,
            source="/tests",
            type=type,
            data=canonical_report(data),
            recorded_time=at(self.recorded),
            time=None if self.time is None else at(self.time),
            partner=self.partner,
            standing=self.standing,
            import_id=self.import_id,
        )


def activity(
    sent: Sent,
    reporter: str,
    activity: str,
    title: str | Sequence[str],
    *,
    country: str | None = "HN",
    tlp: str = "CLEAR",
    transactions: Sequence[dict[str, Any]] | None = None,
    **fields: Any,
) -> CloudEvent:
    """An `activity.reported`; `title` is one narrative or several; `transactions` None states no list."""
    titles = [title] if isinstance(title, str) else title
    data: dict[str, Any] = {
        "reporter": reporter,
        "activity": activity,
        "marking": {"tlp": tlp},
        "title": [{"text": text} for text in titles],
        **fields,
    }
    if country is not None:
        data["recipient_countries"] = [{"code": country}]
    if transactions is not None:
        data["transactions"] = list(transactions)
    return sent.event("activity.reported", data)


def withdrawal(sent: Sent, reporter: str, activity: str) -> CloudEvent:
    """An `activity.withdrawn`."""
    return sent.event("activity.withdrawn", {"reporter": reporter, "activity": activity})


def import_withdrawal(sent: Sent, import_id: str) -> CloudEvent:
    """An `import.withdrawn` of the sender's import."""
    return sent.event("import.withdrawn", {"import_id": import_id})


def merge(sent: Sent, kept: str, merged: str) -> CloudEvent:
    """An `organisation.merged`; its id is that of the merge."""
    return sent.event("organisation.merged", {"kept": kept, "merged": merged, "author": "desk"})


def undo_merge(sent: Sent, undoes: str, kept: str, merged: str) -> CloudEvent:
    """An `organisation.merge-undone` of the merge of this id."""
    stated = {"kept": kept, "merged": merged, "author": "desk", "undoes": undoes}
    return sent.event("organisation.merge-undone", stated)


def organisation(sent: Sent, id: str, version: int, **fields: Any) -> CloudEvent:
    """An `organisation.changed`: the known organisation of this id with other fields, or a new one."""
    known = {one.id: one.whole() for one in KNOWN_ORGANISATIONS}
    new = {"id": id, "names": {"es": id, "en": id}, "kind": "other-nation"}
    return sent.event("organisation.changed", {**known.get(id, new), **fields, "version": version})


def transaction(amount: str = "100", type: str = "3", *, currency: str = "USD", **fields: Any) -> dict[str, Any]:
    """A transaction as a report states it."""
    return {"type": type, "date": "2026-01-01", "value": {"amount": amount, "currency": currency}, **fields}


def payment(sent: Sent, reporter: str, activity: str, transaction_id: str, **stated: Any) -> CloudEvent:
    """A `transaction.reported`; `stated` as `transaction` takes it."""
    named = transaction(**stated) | {"transaction_id": transaction_id}
    return sent.event("transaction.reported", {"reporter": reporter, "activity": activity, "transaction": named})


def unpay(sent: Sent, reporter: str, activity: str, transaction_id: str) -> CloudEvent:
    """A `transaction.withdrawn`."""
    data = {"reporter": reporter, "activity": activity, "transaction_id": transaction_id}
    return sent.event("transaction.withdrawn", data)
