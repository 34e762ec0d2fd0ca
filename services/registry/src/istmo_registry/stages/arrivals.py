"""The first phases of fold: ids of events, rows of activities, contents.

Rows are locked in one order by every folder: ids of events first, then activities, each sorted.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from istmo_registry.domain.identity import Copy, in_conflict, standing_copy
from istmo_registry.domain.ids import ActivityId, EventKey
from istmo_registry.stages.contents import Contents
from istmo_registry.stages.incoming import Incoming, is_clear, states_list, transaction_of
from istmo_registry.store import activities, reports
from istmo_registry.store.activities import ActivityRow
from istmo_registry.store.reports import CopyRow, NewCopy
from istmo_registry.store.statement import Stage

__all__ = ["Arrivals", "lock_activities", "lock_event_ids", "store_contents"]


@dataclass(slots=True)
class Arrivals:
    """What a batch changes about the contents of event ids, before anything is written.

    `new`: contents that no delivery brought before, each with what is to be stored about it. `changed`: stored contents
    of which an earlier delivery came, or that now do or do not stand. `traces`: by activity, the traces concerned.
    """

    new: list[tuple[Incoming, int, bool, bool]] = field(default_factory=list)
    changed: list[CopyRow] = field(default_factory=list)
    traces: dict[int | ActivityId, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def subjects(self) -> list[ActivityId]:
        """The activities that new contents are about, in order."""
        return sorted({incoming.subject for incoming, *_ in self.new})

    @property
    def stored_activities(self) -> set[int]:
        """The activities that changed contents are about."""
        return {row.activity for row in self.changed}


def lock_event_ids(batch: Iterable[Incoming]) -> Stage[Arrivals]:
    """Lock every event id of the batch, and compare what arrived with the contents that it has."""
    arrived: dict[EventKey, dict[str, Incoming]] = defaultdict(dict)
    for incoming in batch:
        known = arrived[incoming.copy.key].setdefault(incoming.copy.content_hash, incoming)
        if incoming.copy.rank < known.copy.rank:
            arrived[incoming.copy.key][incoming.copy.content_hash] = incoming
    if not arrived:
        return Arrivals()
    keys = sorted(arrived)
    yield reports.insert_event_ids(keys)
    ids = {EventKey(*row[1:]): row[0] for row in (yield reports.lock_event_ids(keys))}
    stored: dict[int, list[CopyRow]] = defaultdict(list)
    for row in (yield reports.read_copies(ids.values())):
        stored[row[0]].append(CopyRow(*row))
    arrivals = Arrivals()
    for key in keys:
        _compare(key, ids[key], arrived[key], stored[ids[key]], arrivals)
    return arrivals


def _compare(
    key: EventKey, event_id: int, arrived: dict[str, Incoming], stored: list[CopyRow], arrivals: Arrivals
) -> None:
    """Note in `arrivals` what changes about the contents of one event id."""
    known = {row.content_hash for row in stored}
    new = [incoming for content_hash, incoming in arrived.items() if content_hash not in known]
    joined = {row.copy: _joined(key, row, arrived.get(row.content_hash)) for row in stored}
    copies = [*joined.values(), *(incoming.copy for incoming in new)]
    stands, contested = standing_copy(copies).content_hash, in_conflict(copies)
    traceparents = sorted({arrival.traceparent for arrival in arrived.values() if arrival.traceparent is not None})
    for row in stored:
        copy = joined[row.copy]
        now = row._replace(
            recorded=copy.recorded,
            standing=copy.standing,
            import_id=copy.import_id,
            stands=copy.content_hash == stands,
            contested=contested,
        )
        if now != row:
            arrivals.changed.append(now)
            arrivals.traces[row.activity] += traceparents
    for incoming in new:
        arrivals.new.append((incoming, event_id, incoming.copy.content_hash == stands, contested))
        arrivals.traces[incoming.subject] += traceparents


def _joined(key: EventKey, row: CopyRow, incoming: Incoming | None) -> Copy:
    stored = Copy(key, row.content_hash, row.recorded, row.standing, row.import_id)
    return min((stored, incoming.copy), key=lambda copy: copy.rank) if incoming is not None else stored


def lock_activities(arrivals: Arrivals, handle_of: Callable[[ActivityId], str]) -> Stage[dict[int, ActivityRow]]:
    """Give every activity concerned a row, and lock the rows in id order."""
    subjects = arrivals.subjects
    yield activities.insert_names((subject, handle_of(subject)) for subject in subjects)
    locked = yield activities.lock_names(subjects, sorted(arrivals.stored_activities))
    return {row[0]: ActivityRow.of(row) for row in locked}


def store_contents(arrivals: Arrivals, locked: dict[int, ActivityRow], contents: Contents) -> Stage[None]:
    """Write what `lock_event_ids` found."""
    ids = {row.name: row.id for row in locked.values()}
    if arrivals.new:
        by_content = {(event_id, incoming.copy.content_hash): incoming for incoming, event_id, *_ in arrivals.new}
        stored = yield reports.insert_copies(_new_copy(*new, ids[new[0].subject]) for new in arrivals.new)
        for event_id, content_hash, copy in stored:
            incoming = by_content[event_id, content_hash]
            contents.keep(copy, incoming.report, len(incoming.data))
    if arrivals.changed:
        yield reports.update_copies(arrivals.changed)


def _new_copy(incoming: Incoming, event_id: int, stands: bool, contested: bool, activity: int) -> NewCopy:
    copy, report = incoming.copy, incoming.report
    return NewCopy(
        event_id=event_id,
        content_hash=copy.content_hash,
        recorded=copy.recorded,
        event_time=incoming.time,
        standing=copy.standing,
        import_id=copy.import_id,
        stands=stands,
        contested=contested,
        activity=activity,
        type=incoming.type,
        transaction=transaction_of(report),
        states_list=states_list(report),
        clear=is_clear(report),
        data=incoming.data,
    )
