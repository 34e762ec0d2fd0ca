"""Which transactions of an activity live, and which report gives each its content."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from istmo_common.canonical import canonical_report
from istmo_common.events.transactions import Transaction
from istmo_registry.domain.versions import ActivityState, Kind, Stamp

__all__ = ["GoverningList", "Source", "TransactionVersion", "event_identity", "line_digest", "living", "states_clear"]


@dataclass(frozen=True, slots=True)
class TransactionVersion:
    """The head of a `transaction.reported` or `transaction.withdrawn`; `transaction_id` is its `event_identity`."""

    stamp: Stamp
    transaction_id: str
    kind: Kind


class GoverningList(NamedTuple):
    """The list of the governing version: its stamp and the identities of the transactions in it."""

    stamp: Stamp
    ids: frozenset[str]


class Source(NamedTuple):
    """The report that gives a living transaction its content: the governing list, or else a transaction's event."""

    stamp: Stamp
    listed: bool


def event_identity(transaction_id: str) -> str:
    """The identity of a transaction that an event names, as `transaction_ids` gives it to one that a list names."""
    return f"id:{transaction_id}"


def living(
    state: ActivityState, stated: GoverningList | None, events: Iterable[TransactionVersion]
) -> dict[str, Source]:
    """The living transactions of one activity by identity, each with the report whose content it has.

    One lives if the governing list has it and no later event withdraws it, or if its newest event is a report later
    than that list, or is a report where no version states a list. None lives in a withdrawn activity; in an unknown
    one the events decide.
    """
    if state == "withdrawn":
        return {}
    newest: dict[str, TransactionVersion] = {}
    for event in events:
        known = newest.get(event.transaction_id)
        if known is None or known.stamp < event.stamp:
            newest[event.transaction_id] = event
    alive = {identity: Source(stated.stamp, listed=True) for identity in stated.ids} if stated is not None else {}
    for identity, event in newest.items():
        if stated is not None and event.stamp < stated.stamp:
            continue
        if event.kind == "reported":
            alive[identity] = Source(event.stamp, listed=False)
        else:
            alive.pop(identity, None)
    return alive


def states_clear(transaction: Transaction) -> bool:
    """Whether a transaction's own marking leaves it to anyone who may read its activity (no marking: as its activity).

    What a list states is CLEAR only if the list's version is marked CLEAR too, and everything only if the activity's
    current version is.
    """
    return transaction.marking is None or transaction.marking.is_clear


def line_digest(transaction: Transaction) -> str:
    """SHA-256 (64 hex digits) over all reported fields but the marking: equal for lines equal in every field."""
    reported = transaction.whole(without={"marking"})
    return hashlib.sha256(canonical_report(reported)).hexdigest()
