"""Fold: from reports to current versions. One transaction for a batch, in phases over the whole batch, each sorted."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from istmo_common.events.organisations import OrganisationChanged
from istmo_common.kafka.batches import Move
from istmo_registry.domain.blocking import keys_of
from istmo_registry.domain.directory import Directory
from istmo_registry.domain.features import Reference
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.parameters import Parameters
from istmo_registry.stages.arrivals import Arrivals, Found, lock_activities, lock_event_ids, store_contents
from istmo_registry.stages.contents import Contents
from istmo_registry.stages.directing import KnownDirectory, fold_directory
from istmo_registry.stages.following import arrived_in, withdrawn_in
from istmo_registry.stages.incoming import Incoming, IncomingWithdrawal
from istmo_registry.stages.incoming_organisations import IncomingMerge
from istmo_registry.stages.positions import move_positions
from istmo_registry.stages.standing import Change, fold_activities
from istmo_registry.stages.withdrawing import lock_imports, look_again
from istmo_registry.store import activities, dirty, keys, transactions, work
from istmo_registry.store.activities import ActivityRow
from istmo_registry.store.stage_records import insert_arrivals
from istmo_registry.store.statement import BEGIN_FOLD, BEGIN_FOLD_OF_DIRECTORY, COMMIT, Stage, notify

__all__ = ["Batch", "Content", "Folding", "fold"]

_ACTIVITIES_AT_ONCE: Final = 500
"""Contents of so many are in memory together."""


Content = Incoming | IncomingWithdrawal | OrganisationChanged | IncomingMerge
"""What a record of fold's topics says."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What was read from the log together, and how far that moves in each partition."""

    reports: Sequence[Incoming] = ()
    organisations: Sequence[OrganisationChanged] = ()
    moves: Sequence[Move] = ()
    withdrawals: Sequence[IncomingWithdrawal] = ()
    merges: Sequence[IncomingMerge] = ()

    @classmethod
    def of(cls, told: Iterable[Content], moves: Sequence[Move] = ()) -> "Batch":
        """What was read, in whatever order, each kind by itself."""
        contents = list(told)
        return cls(
            [content for content in contents if isinstance(content, Incoming)],
            [content for content in contents if isinstance(content, OrganisationChanged)],
            moves,
            [content for content in contents if isinstance(content, IncomingWithdrawal)],
            [content for content in contents if isinstance(content, IncomingMerge)],
        )


@dataclass(frozen=True, slots=True)
class Folding:
    """What fold needs besides the batch: published handles, when a key is dead, and what it remembers."""

    handle_of: Callable[[ActivityId], str]
    parameters: Parameters
    contents: Contents = field(default_factory=Contents)
    directory: KnownDirectory = field(default_factory=KnownDirectory)


def fold(batch: Batch, folding: Folding) -> Stage[None]:
    """Fold a batch into the tables.

    Raises `PositionMoved`, with nothing committed, if another worker has moved on from where this one read.
    """
    yield BEGIN_FOLD_OF_DIRECTORY if batch.organisations or batch.merges else BEGIN_FOLD
    # Organisations first: matching reads every report by the same directory.
    directory_now, touched = yield from fold_directory(batch.organisations, batch.merges, folding.directory)
    # Then event ids: of several contents under one id, which one stands decides which activities are concerned.
    arrivals = yield from lock_event_ids(batch.reports)
    # Then imports: what came with a withdrawn one does not count, whichever of the two is folded first.
    withdrawn = yield from lock_imports(arrivals, batch.withdrawals)
    changes: list[Change] = []
    ids: dict[ActivityId, int] = {}
    judged: dict[int, Found] = {}
    arrivals.touch(touched, (merge.traceparent for merge in batch.merges if merge.traceparent is not None))
    if arrivals.new or arrivals.stored or arrivals.touched:
        # Then activities: an empty row for everything a report is about, so that it can be locked; in id order.
        locked = yield from lock_activities(arrivals, folding.handle_of)
        if withdrawn:
            yield from look_again(arrivals)
        judged = yield from store_contents(arrivals, locked, folding.contents)
        # Then what counts: versions, transactions. An id whose standing content changed has its old activity here too.
        changes = yield from _fold_in_pieces(locked, arrivals, folding.contents, directory_now)
        ids = {row.name: row.id for row in locked.values()}
        refeatured = [change for change in changes if change.refeatured]
        yield from _refer(refeatured)
        # Then blocking keys, late: a hot key serialises the folders that meet at it.
        yield from _index(refeatured, folding.parameters)
        yield from _spread(changes, arrivals)
    followed = [*arrived_in(batch.reports, arrivals, judged, ids, changes), *withdrawn_in(batch.withdrawals)]
    if followed:
        yield insert_arrivals(followed)
    # The offsets move only from where this worker read: one that lost its partition commits nothing.
    yield from move_positions(batch.moves)
    stages = {dirty.DIRTY if change.refeatured else work.WORK for change in changes}
    if stages:
        yield notify(*sorted(stages))
    yield COMMIT


def _fold_in_pieces(
    locked: dict[int, ActivityRow], arrivals: Arrivals, contents: Contents, directory_now: Directory
) -> Stage[list[Change]]:
    """Fold the activities and store what changed, so many at a time: a withdrawn import, or a merge, has any number."""
    changes: list[Change] = []
    rows = iter(locked.items())
    while piece := dict(islice(rows, _ACTIVITIES_AT_ONCE)):
        folded = yield from fold_activities(piece, arrivals, contents, directory_now)
        yield from _store(folded)
        changes += [change.stored() for change in folded]
    return changes


def _store(changes: Collection[Change]) -> Stage[None]:
    if not changes:
        return
    restated = [change for change in changes if change.restated]
    others = [change for change in changes if not change.restated]
    if restated:
        yield activities.update_with_reports((c.after, c.refeatured, _without_transactions(c)) for c in restated)
    if others:
        yield activities.update((change.after, change.refeatured) for change in others)
    gone = [name for change in changes for name in change.gone]
    new = [row for change in changes for row in change.new]
    if gone:
        yield transactions.delete_transactions(gone)
    if new:
        yield transactions.insert_transactions(new)


def _without_transactions(change: Change) -> str | None:
    return None if change.report is None else change.report.whole_json(without={"transactions"})


def _refer(refeatured: Iterable[Change]) -> Stage[None]:
    """Keep what activities refer to."""
    referring = [change for change in refeatured if _references(change.before) != _references(change.after)]
    if gone_from := [change.after.id for change in referring if _references(change.before)]:
        yield activities.delete_references(gone_from)
    if now := [(change.after.id, one) for change in referring for one in _references(change.after)]:
        yield activities.insert_references(now)


def _references(row: ActivityRow) -> tuple[Reference, ...]:
    return () if row.features is None else row.features.references


def _index(refeatured: Collection[Change], parameters: Parameters) -> Stage[None]:
    """Keep blocking keys; a key that dies or comes alive has its carriers looked at again."""
    if not refeatured:
        return
    before: dict[int, set[str]] = defaultdict(set)
    # Whoever is not matchable carries no keys.
    if carrying := [change.after.id for change in refeatured if change.before.features is not None]:
        for activity, key in (yield keys.read_keys(carrying)):
            before[activity].add(key)
    after = {c.after.id: keys_of(c.after.features) if c.after.features is not None else frozenset() for c in refeatured}
    gone = sorted((key, activity) for activity in after for key in before[activity] - after[activity])
    new = sorted((key, activity) for activity in after for key in after[activity] - before[activity])
    if gone:
        yield keys.delete_keys(gone)
    if new:
        yield keys.insert_keys(new)
    changes = Counter(key for key, _ in new)
    changes.subtract(key for key, _ in gone)
    moved = {key: change for key, change in sorted(changes.items()) if change}
    if not moved:
        return
    counts = {row[0]: row[1] for row in (yield keys.count_carriers(moved))}
    died = [key for key in moved if counts[key] - moved[key] <= parameters.most_carriers(key) < counts[key]]
    alive = [key for key in moved if counts[key] <= parameters.most_carriers(key) < counts[key] - moved[key]]
    # In a later statement than the count: only that sees the carriers of those who held the count's row before.
    if died:
        yield dirty.insert_dirty_carriers(died, "check")
    if alive:
        yield dirty.insert_dirty_carriers(alive, "match")


def _spread(changes: Iterable[Change], arrivals: Arrivals) -> Stage[None]:
    """Dirty rows where what matching reads has changed (match makes work of them), work for all other changes."""
    to_match: list[tuple[int, dirty.Mode, str | None]] = []
    to_resolve: list[tuple[int, str | None]] = []
    for change in changes:
        for traceparent in _traces(change, arrivals):
            if change.refeatured:
                to_match.append((change.after.id, "match", traceparent))
            else:
                to_resolve.append((change.after.id, traceparent))
    if to_match:
        yield dirty.insert_dirty(to_match)
    if to_resolve:
        yield work.insert_work(to_resolve)


def _traces(change: Change, arrivals: Arrivals) -> list[str | None]:
    traces = arrivals.traces
    concerned = [*traces.get(change.after.name, ()), *traces.get(change.after.id, ())]
    return list(dict.fromkeys(concerned)) or [None]
