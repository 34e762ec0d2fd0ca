"""What fold keeps of each arrival of a report, for operators who follow it."""

from collections.abc import Collection, Iterable, Mapping

from istmo_common.kafka.headers import trace_id_of
from istmo_registry.domain.ids import ActivityId
from istmo_registry.stages.arrivals import Arrivals, Found, NewArrival
from istmo_registry.stages.incoming import Incoming, IncomingWithdrawal
from istmo_registry.stages.standing import Change
from istmo_registry.store.stage_records import Arrived

__all__ = ["arrived", "arrived_in", "withdrawn_in"]


def arrived(incoming: Incoming, activity: int | None, outcome: str) -> Iterable[Arrived]:
    """One arrival; nothing of one that no trace belongs to."""
    trace, key = trace_id_of(incoming.traceparent), incoming.copy.key
    if trace is not None:
        recorded = incoming.copy.recorded
        yield Arrived(key.partner, key.source, key.id, trace, activity, incoming.place, recorded, outcome)


def arrived_in(
    batch: Iterable[Incoming],
    arrivals: Arrivals,
    judged: Mapping[int, Found],
    ids: Mapping[ActivityId, int],
    changes: Collection[Change],
) -> list[Arrived]:
    """The arrivals of a batch: what was new in each, and what follows.

    `judged`: what stands under each event id. `ids`: the activities that were locked.
    """
    new = {id(each.incoming): _judgement(each, judged[each.event_id], arrivals) for each in arrivals.new}
    goes_to = {change.after.name: "match" if change.refeatured else "resolve" for change in changes}
    kept: list[Arrived] = []
    for incoming in batch:
        what = new.get(id(incoming), "duplicate")
        stage = goes_to.get(incoming.subject)
        follows = "nothing follows" if stage is None else f"goes to {stage}"
        kept += arrived(incoming, ids.get(incoming.subject), f"{what}, {follows}")
    return kept


def withdrawn_in(batch: Iterable[IncomingWithdrawal]) -> list[Arrived]:
    """The withdrawals of imports in a batch; what follows is found by their traces."""
    kept = []
    for withdrawal in batch:
        trace, key = trace_id_of(withdrawal.traceparent), withdrawal.key
        if trace is not None:
            outcome = f"withdraws the import {withdrawal.importing.import_id}"
            kept.append(
                Arrived(key.partner, key.source, key.id, trace, None, withdrawal.place, withdrawal.recorded, outcome)
            )
    return kept


def _judgement(arrival: NewArrival, found: Found, arrivals: Arrivals) -> str:
    copy = arrival.incoming.copy
    if copy.brought_by in arrivals.withdrawn:
        return "of a withdrawn import"
    return "new" if copy == found.stands else "conflicting"
