"""The middle phases of fold: which versions of an activity count, what it is, and which of its transactions live."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from istmo_common.events.activities import ActivityReported
from istmo_common.events.transaction_ids import transaction_ids
from istmo_common.events.transactions import Transaction, TransactionReported
from istmo_common.events.types import Report
from istmo_registry.domain.directory import Directory
from istmo_registry.domain.features import Features
from istmo_registry.domain.identity import Copy
from istmo_registry.domain.ids import EventKey
from istmo_registry.domain.outcomes import Member, share_of
from istmo_registry.domain.parties import parties_of
from istmo_registry.domain.report_features import features_of
from istmo_registry.domain.transactions import (
    GoverningList,
    TransactionVersion,
    line_digest,
    living,
    states_clear,
)
from istmo_registry.domain.versions import (
    ActivityState,
    Kind,
    Stamp,
    Version,
    current,
    governing,
    has_older_report,
    newest_reported,
    state_of,
)
from istmo_registry.stages.arrivals import Arrivals
from istmo_registry.stages.contents import Contents
from istmo_registry.stages.incoming import kind_of
from istmo_registry.store import reports, transactions
from istmo_registry.store.activities import ActivityRow
from istmo_registry.store.reports import HeadRow
from istmo_registry.store.statement import Stage
from istmo_registry.store.transactions import TransactionRow

__all__ = ["Change", "fold_activities"]


class _Head(NamedTuple):
    """Everything about a report that counts but its content."""

    copy: int
    type: str
    transaction: str | None
    states_list: bool
    clear: bool
    contested: bool
    stamp: Stamp

    @property
    def version(self) -> Version:
        return Version(self.stamp, self.kind, self.states_list, self.clear)

    @property
    def kind(self) -> Kind:
        return kind_of(self.type)


class _Line(NamedTuple):
    """A living transaction: the copy that gives its content, the content, and whether it may be read by anyone."""

    copy: int
    transaction: Transaction
    clear: bool


@dataclass(frozen=True, slots=True)
class _Standing:
    """What the heads of one activity say."""

    copies: dict[Stamp, int]
    state: ActivityState
    current: Version | None
    governing: Version | None
    reported: Version | None
    events: tuple[TransactionVersion, ...]
    older_report: bool
    id_conflict: bool

    def copy(self, version: Version | None) -> int | None:
        return None if version is None else self.copies[version.stamp]


@dataclass(frozen=True, slots=True)
class Change:
    """What folding made of one activity: its row before and after, its newest report, its transactions' difference.

    `refeatured`: whether what matching reads has changed.
    """

    before: ActivityRow
    after: ActivityRow
    refeatured: bool
    report: ActivityReported | None
    gone: tuple[tuple[int, str], ...]
    new: tuple[TransactionRow, ...]

    @property
    def restated(self) -> bool:
        """Whether another report than before is the newest."""
        return self.before.reported_copy != self.after.reported_copy

    @property
    def changed(self) -> bool:
        """Whether anything has."""
        return self.before != self.after or bool(self.gone) or bool(self.new)

    def stored(self) -> "Change":
        """The same without what was to be stored, which is most of it."""
        return replace(self, report=None, gone=(), new=())


def fold_activities(
    locked: dict[int, ActivityRow], arrivals: Arrivals, contents: Contents, directory: Directory
) -> Stage[list[Change]]:
    """Fold everything that counts about the locked activities anew; what does not change is left out.

    `directory`: by which matching knows the organisations that they name.
    """
    heads: dict[int, list[_Head]] = defaultdict(list)
    sources: dict[int, dict[str, int]] = defaultdict(dict)
    # Of an activity that was made there is nothing but what arrived.
    for activity in arrivals.made & locked.keys():
        heads[activity] += map(_head, arrivals.heads[activity])
    if known := [activity for activity in locked if activity not in arrivals.made]:
        for row in (yield reports.read_heads(known)):
            heads[row[0]].append(_head(HeadRow(*row)))
        for activity, transaction, copy in (yield transactions.read_sources(known)):
            sources[activity][transaction] = copy
    standings = {activity: _standing(heads[activity]) for activity in locked}
    stated = yield from contents.read(_stated_copies(standings.values()))
    alive = {activity: _alive(standing, stated) for activity, standing in standings.items()}
    told = yield from contents.read({copy for sources in alive.values() for copy in sources.values()} - stated.keys())
    changes = [
        _change(locked[activity], standing, sources[activity], alive[activity], stated | told, directory)
        for activity, standing in standings.items()
    ]
    return [change for change in changes if change.changed]


def _head(row: HeadRow) -> _Head:
    key = EventKey(row.partner, row.source, row.event)
    stamp = Stamp.of(Copy(key, row.content_hash, row.recorded, row.standing), row.event_time)
    return _Head(row.copy, row.type, row.transaction, row.states_list, row.clear, row.contested, stamp)


def _standing(heads: Collection[_Head]) -> _Standing:
    versions = [head.version for head in heads if head.transaction is None]
    events = tuple(
        TransactionVersion(head.stamp, head.transaction, head.kind) for head in heads if head.transaction is not None
    )
    return _Standing(
        copies={head.stamp: head.copy for head in heads},
        state=state_of(current(versions)),
        current=current(versions),
        governing=governing(versions),
        reported=newest_reported(versions),
        events=events,
        older_report=_any_older_report(versions, events),
        id_conflict=any(head.contested for head in heads),
    )


def _any_older_report(versions: Iterable[Version], events: Iterable[TransactionVersion]) -> bool:
    histories: dict[str | None, list[Stamp]] = defaultdict(list)
    for version in versions:
        histories[None].append(version.stamp)
    for event in events:
        histories[event.transaction_id].append(event.stamp)
    return any(has_older_report(history) for history in histories.values())


def _stated_copies(standings: Iterable[_Standing]) -> set[int]:
    found = {standing.copy(version) for standing in standings for version in (standing.governing, standing.reported)}
    return {copy for copy in found if copy is not None}


def _alive(standing: _Standing, stated: dict[int, Report]) -> dict[str, int]:
    """The living transactions, each with the copy that gives its content."""
    governing_list = None
    if standing.governing is not None:
        listed = _listed(stated[standing.copies[standing.governing.stamp]])
        governing_list = GoverningList(standing.governing.stamp, frozenset(listed))
    alive = living(standing.state, governing_list, standing.events)
    return {identity: standing.copies[source.stamp] for identity, source in alive.items()}


def _listed(report: Report) -> dict[str, Transaction]:
    listed = report.transactions if isinstance(report, ActivityReported) else None
    return dict(zip(transaction_ids(listed or ()), listed or (), strict=True))


def _change(
    before: ActivityRow,
    standing: _Standing,
    sources: dict[str, int],
    alive: dict[str, int],
    told: dict[int, Report],
    directory: Directory,
) -> Change:
    reported = standing.copy(standing.reported)
    report = None if reported is None else told[reported]
    lines = _lines(standing, alive, told)
    after = before._replace(
        state=standing.state,
        current_copy=standing.copy(standing.current),
        governing_copy=standing.copy(standing.governing),
        reported_copy=reported,
        clear=None if standing.reported is None else standing.reported.clear,
        older_report=standing.older_report,
        id_conflict=standing.id_conflict,
        share=_share(standing, report, lines.values()),
        parties=_parties(report, lines.values()),
        features=_features(standing, report, lines.values(), directory),
    )
    return Change(
        before=before,
        after=after,
        refeatured=before.features != after.features,
        report=report if isinstance(report, ActivityReported) else None,
        gone=tuple((before.id, identity) for identity in sorted(sources.keys() - lines.keys())),
        new=tuple(
            _row(before.id, identity, line)
            for identity, line in sorted(lines.items())
            if sources.get(identity) != line.copy
        ),
    )


def _lines(standing: _Standing, alive: dict[str, int], told: dict[int, Report]) -> dict[str, _Line]:
    governing_copy = standing.copy(standing.governing)
    listed = {} if governing_copy is None else _listed(told[governing_copy])
    list_is_clear = standing.governing is not None and standing.governing.clear
    lines: dict[str, _Line] = {}
    for identity, copy in alive.items():
        report = told[copy]
        if isinstance(report, TransactionReported):
            lines[identity] = _Line(copy, report.transaction, states_clear(report.transaction))
        else:
            transaction = listed[identity]
            lines[identity] = _Line(copy, transaction, list_is_clear and states_clear(transaction))
    return lines


def _features(
    standing: _Standing, report: Report | None, lines: Iterable[_Line], directory: Directory
) -> Features | None:
    if standing.state != "standing" or not isinstance(report, ActivityReported):
        return None
    if standing.reported is None or not standing.reported.clear:
        return None
    return features_of(report, [line.transaction for line in lines if line.clear], directory)


def _share(standing: _Standing, report: Report | None, lines: Iterable[_Line]) -> str | None:
    if standing.reported is None or not isinstance(report, ActivityReported):
        return None
    readable = tuple(line.transaction for line in lines if line.clear and standing.reported.clear)
    return share_of(Member(report, readable)).whole_json()


def _parties(report: Report | None, lines: Iterable[_Line]) -> str | None:
    if not isinstance(report, ActivityReported):
        return None
    return parties_of(report, [(line.transaction, line.clear) for line in lines])


def _row(activity: int, identity: str, line: _Line) -> TransactionRow:
    stated = line.transaction
    return TransactionRow(
        activity=activity,
        transaction=identity,
        copy=line.copy,
        type=stated.type,
        date=stated.date,
        value=stated.value.amount,
        currency=stated.value.currency,
        ref=stated.ref,
        clear=line.clear,
        digest=line_digest(stated),
        data=stated.whole_json(),
    )
