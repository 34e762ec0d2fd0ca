"""What names an activity, an event and a transaction. Tuples, so that their order is the order of their texts."""

from typing import NamedTuple

__all__ = ["ActivityId", "EventKey", "TransactionKey"]


class ActivityId(NamedTuple):
    """An activity record: its reporting organisation and its identifier there."""

    reporter: str
    activity: str


class EventKey(NamedTuple):
    """An event's identity: ids are unique for each partner and source ("" for the platform's own events)."""

    partner: str
    source: str
    id: str


class TransactionKey(NamedTuple):
    """A transaction: its activity and its identity there (`istmo_common.events.transaction_ids`)."""

    activity: ActivityId
    id: str
