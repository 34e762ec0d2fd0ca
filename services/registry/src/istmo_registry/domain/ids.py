"""What names an activity, an event, an import, a transaction; tuples, so that their order is that of their texts."""

from typing import NamedTuple

__all__ = ["ActivityId", "EventKey", "ImportId", "TransactionKey"]


class ActivityId(NamedTuple):
    """An activity record: its reporting organisation and its identifier there."""

    reporter: str
    activity: str


class EventKey(NamedTuple):
    """An event's identity: ids are unique for each partner and source ("" for the platform's own events)."""

    partner: str
    source: str
    id: str


class ImportId(NamedTuple):
    """An import: the partner that made it, and its id in the journal of imports."""

    partner: str
    import_id: str


class TransactionKey(NamedTuple):
    """A transaction: its activity and its identity there (`istmo_common.events.transaction_ids`)."""

    activity: ActivityId
    id: str
