"""What the outcome of a resolution needs, read after everything is locked."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Final, NamedTuple

from istmo_common.events.activities import ActivityReported
from istmo_common.events.transactions import Transaction
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.ledger import Line
from istmo_registry.domain.outcomes import Member, share_of
from istmo_registry.domain.splits import cells_of, split
from istmo_registry.domain.versions import ActivityState
from istmo_registry.stages.reach import Ends, Reach
from istmo_registry.store import activities, entries, findings, members, pairs, transactions
from istmo_registry.store.entries import EntryRow, SplitRow
from istmo_registry.store.findings import SupportRow
from istmo_registry.store.members import MemberRow, ProgrammeRow
from istmo_registry.store.pairs import PairRow
from istmo_registry.store.statement import Row, Stage
from istmo_registry.store.transactions import TransactionRow

__all__ = ["MOST_LINES", "Activity", "Named", "Stored", "read_stored"]

MOST_LINES: Final = 100
"""What has more lines than these is not remembered whole: it would take the room of many."""


class Named(NamedTuple):
    """An activity as what stands beside it knows it; `share` is what it brings into a side of a finding, as JSON."""

    id: int
    name: ActivityId
    handle: str
    share: str | None

    @classmethod
    def of(cls, row: Row) -> "Named":
        """From a row of `read_named`."""
        known, reporter, activity, handle, share = row[:5]
        return cls(known, ActivityId(reporter, activity), handle, share)


@dataclass(frozen=True, eq=False)
class Activity:
    """An activity with its living transactions. One that was read again and says the same is the same object."""

    id: int
    name: ActivityId
    handle: str
    state: ActivityState
    clear: bool | None
    older_report: bool
    id_conflict: bool
    stated: str | None
    rows: tuple[TransactionRow, ...]

    @classmethod
    def of(cls, row: Row, rows: tuple[Row, ...]) -> "Activity":
        """From a row of `read_present` and those of `read_transactions`."""
        return (_activity if len(rows) <= MOST_LINES else _activity.__wrapped__)(row, rows)

    @cached_property
    def report(self) -> ActivityReported:
        """Its newest report, without transactions; there is one unless the activity is unknown."""
        return _read_report(self.stated or "")

    @cached_property
    def contents(self) -> dict[str, Transaction]:
        """Its living transactions by identity."""
        return {row.transaction: _read_transaction(row.data) for row in self.rows}

    @cached_property
    def lines(self) -> list[Line]:
        """Its living transactions as lines of money."""
        return [
            Line(
                activity=self.name,
                id=row.transaction,
                type=row.type,
                amount=Decimal(row.value),
                currency=row.currency,
                date=row.date,
                digest=row.digest,
                ref=row.ref,
                clear=row.clear and self.clear is True,
            )
            for row in self.rows
        ]

    @cached_property
    def member(self) -> Member:
        """The activity as a composed record reads it."""
        return Member(self.report, tuple(self.contents[line.id] for line in self.lines if line.clear))

    def splits(self, line: Line) -> frozenset[SplitRow]:
        """The parts of a living transaction that counts."""
        parts = split(line.amount, cells_of(self.report, self.contents[line.id]))
        return frozenset(SplitRow(self.id, line.id, *part.cell, part.amount) for part in parts)


# An activity is read again whenever a neighbour is resolved: what its rows and texts say is remembered, by these.
@lru_cache(maxsize=2048)
def _activity(row: Row, rows: tuple[Row, ...]) -> Activity:
    known, reporter, activity, handle, state, clear, older_report, id_conflict, stated = row
    lines = tuple(map(TransactionRow._make, rows))
    name = ActivityId(reporter, activity)
    return Activity(known, name, handle, state, clear, older_report, id_conflict, stated, lines)


@lru_cache(maxsize=2048)
def _read_report(stated: str) -> ActivityReported:
    return ActivityReported.read(stated)


@lru_cache(maxsize=8192)
def _read_transaction(stated: str) -> Transaction:
    return Transaction.read(stated)


@dataclass(frozen=True, slots=True)
class Stored:
    """The state that a resolution starts from.

    `mutual`: the pairs that count as the same because each end is the other's best. `activities`: those inside.
    `named`: these, those of `beyond`, and the roots of their programmes. `beyond`: for each activity of the rim that is
    in a programme, the root of that, and the activities of the same reporter in it.
    """

    inside: frozenset[int]
    mutual: frozenset[Ends]
    activities: Mapping[int, Activity]
    named: Mapping[int, Named]
    pairs: Sequence[PairRow]
    members: Mapping[int, MemberRow]
    beyond: Mapping[int, tuple[int, Sequence[int]]]
    programmes: Mapping[int, ProgrammeRow]
    entries: Mapping[tuple[int, str], EntryRow]
    splits: Mapping[tuple[int, str], frozenset[SplitRow]]
    support: frozenset[SupportRow]

    @property
    def within(self) -> list[Activity]:
        """The activities inside, in the order of their row ids."""
        return [self.activities[activity] for activity in sorted(self.inside)]


def read_stored(reach: Reach) -> Stage[Stored]:
    """Read it. Everything inside and on the rim must be locked."""
    inside = sorted(reach.inside)
    present = [PairRow(*row) for row in (yield pairs.read_pairs(inside))]
    rows = yield members.read_members(inside)
    beyond = (yield from _read_beyond(reach)) if reach.rim else {}
    further = {activity for root, together in beyond.values() for activity in (root, *together)}
    named = yield from _read_named(reach.inside | further)
    read = yield from _read_activities(inside)
    written = {(row[0], row[1]): EntryRow(*row) for row in (yield entries.read_entries(inside))}
    splits: dict[tuple[int, str], set[SplitRow]] = defaultdict(set)
    for row in (yield entries.read_splits(inside)):
        splits[row[0], row[1]].add(SplitRow(*row))
    support = frozenset(SupportRow(*row) for row in (yield findings.read_support(inside)))
    return Stored(
        inside=reach.inside,
        mutual=reach.mutual,
        activities=read,
        named=named,
        pairs=present,
        members={row[0]: MemberRow(*row[:5]) for row in rows},
        beyond=beyond,
        programmes={row[0]: ProgrammeRow(row[0], *row[5:]) for row in rows if row[5] is not None},
        entries=written,
        splits={line: frozenset(parts) for line, parts in splits.items()},
        support=support,
    )


def _read_activities(ids: Sequence[int]) -> Stage[dict[int, Activity]]:
    rows: dict[int, list[Row]] = defaultdict(list)
    for row in (yield transactions.read_transactions(ids)):
        rows[row[0]].append(row)
    present = yield activities.read_present(ids)
    # In one order, so that the same is known again.
    return {row[0]: Activity.of(row, tuple(sorted(rows[row[0]]))) for row in present}


def _read_named(ids: Iterable[int]) -> Stage[dict[int, Named]]:
    rows = yield activities.read_named(ids)
    named = {row[0]: Named.of(row) for row in rows}
    # What was folded before there were shares.
    if old := [row[0] for row in rows if row[5]]:
        for activity in (yield from _read_activities(old)).values():
            named[activity.id] = named[activity.id]._replace(share=share_of(activity.member).whole_json())
    return named


def _read_beyond(reach: Reach) -> Stage[dict[int, tuple[int, list[int]]]]:
    beyond: dict[int, tuple[int, list[int]]] = {}
    for activity, root, companion in (yield members.read_companions(sorted(reach.rim))):
        beyond.setdefault(activity, (root, []))[1].append(companion)
    return beyond
