"""The first and the third phase of fold: ids of events with what came under them, and rows of activities.

Rows are locked in one order by every folder: ids of events first, then imports (`istmo_registry.stages.withdrawing`),
then activities, each sorted.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from istmo_registry.domain.identity import Copy, counting, in_conflict, standing_copy
from istmo_registry.domain.ids import ActivityId, EventKey, ImportId
from istmo_registry.stages.contents import Contents
from istmo_registry.stages.incoming import Incoming, is_clear, states_list, transaction_of
from istmo_registry.store import activities, reports
from istmo_registry.store.activities import ActivityRow
from istmo_registry.store.reports import CopyRow, HeadRow, NewCopy
from istmo_registry.store.statement import Stage

__all__ = ["Arrivals", "Found", "NewArrival", "lock_activities", "lock_event_ids", "store_contents"]


class NewArrival(NamedTuple):
    """A report that no delivery brought before in this import, or in none, and the row id of its event id."""

    incoming: Incoming
    event_id: int


class Found(NamedTuple):
    """Of one event id: which of its copies stands, if any counts, and whether others count too."""

    stands: Copy | None
    contested: bool


@dataclass(slots=True)
class Arrivals:
    """What changes about the copies of event ids, before anything is written.

    `stored`: by row id, every stored copy of the ids concerned, with its smallest delivery so far. `withdrawn`: which
    of the imports named by these copies are. `touched`: activities that merges of organisations concern. `made`: those
    that have their rows from this transaction. `traces`: by activity, the traces concerned.
    """

    new: list[NewArrival] = field(default_factory=list)
    stored: dict[int, CopyRow] = field(default_factory=dict)
    withdrawn: set[ImportId] = field(default_factory=set)
    touched: set[int] = field(default_factory=set)
    made: set[int] = field(default_factory=set)
    heads: dict[int, list[HeadRow]] = field(default_factory=lambda: defaultdict(list))
    traces: dict[int | ActivityId, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def subjects(self) -> list[ActivityId]:
        """The activities that new copies are about, in order."""
        return sorted({arrival.incoming.subject for arrival in self.new})

    @property
    def stored_activities(self) -> list[int]:
        """The activities that stored copies are about, in order."""
        return sorted({row.activity for row in self.stored.values()})

    @property
    def imports(self) -> set[ImportId]:
        """The imports that the copies came with."""
        copies = (copy for _, copy in self._copies())
        return {copy.brought_by for copy in copies if copy.brought_by is not None}

    def add_stored(self, row: CopyRow, traceparents: Iterable[str]) -> None:
        """Have a stored copy at hand; one that is there already stays."""
        self.stored.setdefault(row.copy, row)
        self.traces[row.activity] += traceparents

    def touch(self, activities: Iterable[int], traceparents: Iterable[str]) -> None:
        """Have activities folded again of which no report arrived."""
        named = sorted(set(traceparents))
        for activity in activities:
            self.touched.add(activity)
            self.traces[activity] += named

    def judged(self) -> dict[int, Found]:
        """What stands under each event id."""
        copies: dict[int, list[Copy]] = defaultdict(list)
        for event_id, copy in self._copies():
            copies[event_id].append(copy)
        judged = {}
        for event_id, arrived in copies.items():
            counted = counting(arrived, self.withdrawn)
            judged[event_id] = Found(standing_copy(counted), in_conflict(counted))
        return judged

    def _copies(self) -> Iterator[tuple[int, Copy]]:
        yield from ((row.event_id, row.arrival) for row in self.stored.values())
        yield from ((arrival.event_id, arrival.incoming.copy) for arrival in self.new)


def lock_event_ids(batch: Iterable[Incoming]) -> Stage[Arrivals]:
    """Lock every event id of the batch, and compare what arrived with the copies that it has."""
    arrived: dict[EventKey, dict[tuple[str, str | None], Incoming]] = defaultdict(dict)
    for incoming in batch:
        copy = incoming.copy
        known = arrived[copy.key].setdefault((copy.content_hash, copy.import_id), incoming)
        if copy.rank < known.copy.rank:
            arrived[copy.key][copy.content_hash, copy.import_id] = incoming
    arrivals = Arrivals()
    if not arrived:
        return arrivals
    keys = sorted(arrived)
    ids = {EventKey(*row[1:]): row[0] for row in (yield reports.insert_event_ids(keys))}
    stored: dict[int, list[CopyRow]] = defaultdict(list)
    # Rows that were just made are this transaction's alone, and nothing came under them yet.
    if there := [key for key in keys if key not in ids]:
        locked = {EventKey(*row[1:]): row[0] for row in (yield reports.lock_event_ids(there))}
        for row in (yield reports.read_copies(locked.values())):
            stored[row[0]].append(CopyRow(*row))
        ids |= locked
    for key in keys:
        _compare(ids[key], arrived[key], stored[ids[key]], arrivals)
    return arrivals


def _compare(
    event_id: int, arrived: dict[tuple[str, str | None], Incoming], stored: Sequence[CopyRow], arrivals: Arrivals
) -> None:
    """Note in `arrivals` what one event id has, if anything about it is new."""
    known = {(row.content_hash, row.import_id): row for row in stored}
    new = [NewArrival(incoming, event_id) for name, incoming in arrived.items() if name not in known]
    joined = {row: _joined(row, arrived.get(name)) for name, row in known.items()}
    if not new and all(row == now for row, now in joined.items()):
        return
    traceparents = sorted({arrival.traceparent for arrival in arrived.values() if arrival.traceparent is not None})
    arrivals.new += new
    for arrival in new:
        arrivals.traces[arrival.incoming.subject] += traceparents
    for now in joined.values():
        arrivals.add_stored(now, traceparents)


def _joined(row: CopyRow, incoming: Incoming | None) -> CopyRow:
    if incoming is None or row.arrival.rank <= incoming.copy.rank:
        return row
    return row._replace(recorded=incoming.copy.recorded, standing=incoming.copy.standing)


def lock_activities(arrivals: Arrivals, handle_of: Callable[[ActivityId], str]) -> Stage[dict[int, ActivityRow]]:
    """Give every activity concerned a row, and lock the rows in id order."""
    subjects = arrivals.subjects
    rows: list[ActivityRow] = []
    if subjects:
        made = yield activities.insert_names((subject, handle_of(subject)) for subject in subjects)
        rows += map(ActivityRow.empty, made)
        arrivals.made |= {row.id for row in rows}
    known = set(subjects) - {row.name for row in rows}
    others = {*arrivals.stored_activities, *arrivals.touched}
    if known or others:
        rows += map(ActivityRow.of, (yield activities.lock_names(sorted(known), others)))
    return {row.id: row for row in sorted(rows, key=lambda row: row.id)}


def store_contents(arrivals: Arrivals, locked: dict[int, ActivityRow], contents: Contents) -> Stage[dict[int, Found]]:
    """Write what the earlier phases found, and note what counts about activities that were made; what stands under each
    event id."""
    judged = arrivals.judged()
    if arrivals.new:
        ids = {row.name: row.id for row in locked.values()}
        rows = [_new_copy(arrival, judged[arrival.event_id], ids) for arrival in arrivals.new]
        by_name = {_name(arrival): (arrival.incoming, row) for arrival, row in zip(arrivals.new, rows, strict=True)}
        for event_id, content_hash, import_id, copy in (yield reports.insert_copies(rows)):
            incoming, row = by_name[event_id, content_hash, import_id]
            contents.keep(copy, incoming.report, len(incoming.data))
            if row.stands and row.activity in arrivals.made:
                arrivals.heads[row.activity].append(row.head(copy, incoming.copy.key))
    if arrivals.stored:
        # All of them: whoever withdrew an import since they were read may have changed what stands.
        yield reports.update_copies(_judged_copy(row, judged[row.event_id]) for row in arrivals.stored.values())
    return judged


def _judged_copy(row: CopyRow, found: Found) -> CopyRow:
    return row._replace(stands=row.arrival == found.stands, contested=found.contested)


def _name(arrival: NewArrival) -> tuple[int, str, str | None]:
    return arrival.event_id, arrival.incoming.copy.content_hash, arrival.incoming.copy.import_id


def _new_copy(arrival: NewArrival, found: Found, ids: dict[ActivityId, int]) -> NewCopy:
    incoming = arrival.incoming
    copy, report = incoming.copy, incoming.report
    return NewCopy(
        event_id=arrival.event_id,
        content_hash=copy.content_hash,
        recorded=copy.recorded,
        event_time=incoming.time,
        standing=copy.standing,
        import_id=copy.import_id,
        stands=copy == found.stands,
        contested=found.contested,
        activity=ids[incoming.subject],
        type=incoming.type,
        transaction=transaction_of(report),
        states_list=states_list(report),
        clear=is_clear(report),
        data=incoming.data,
    )
