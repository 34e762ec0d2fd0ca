"""What is published of a programme and of a finding's side: composed from members, for those whom a label admits."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Final, Literal

from istmo_common.codelists import GOALS, LINES, place_of_region
from istmo_common.disclosure import Label, Marking
from istmo_common.events.activities import ActivityReported
from istmo_common.events.outcomes import (
    ActivityName,
    FindingSide,
    LabelStatement,
    MeasureTotal,
    ProgrammeMember,
    ProgrammeOutcome,
)
from istmo_common.events.transactions import Transaction
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.ledger import Fate, Line
from istmo_registry.domain.money import exact_sum
from istmo_registry.domain.splits import Cell, cells_of

__all__ = ["Column", "Member", "column_of", "label_of", "outcome_of", "side_of"]

Column = Literal["committed", "paid", "spent", "pledged", "received"]
_COLUMNS: Final[dict[str, Column]] = {"1": "received", "2": "committed", "3": "paid", "4": "spent", "13": "pledged"}


def column_of(type: str) -> Column | None:
    """Where the first answer shows a counted line: outgoing ones by measure, incoming funds apart, *not added*.

    Incoming commitments (11) have no column: with incoming funds they would be money told twice.
    """
    return _COLUMNS.get(type)


@dataclass(frozen=True, eq=False)
class Member:
    """An activity as a composed record reads it: its newest report, and those of its living lines that are CLEAR.

    The report's own list of transactions is not looked at. (A member equals itself alone, so that what is composed of
    members is remembered by them, without looking at all that they say.)
    """

    report: ActivityReported
    lines: tuple[Transaction, ...] = ()

    @cached_property
    def cells(self) -> frozenset[Cell]:
        """The cells to which any share of the activity or of its money belongs."""
        return frozenset(cell for source in (None, *self.lines) for cell in cells_of(self.report, source))

    @cached_property
    def name(self) -> ActivityId:
        """The activity."""
        return ActivityId(self.report.reporter, self.report.activity)

    @cached_property
    def countries(self) -> frozenset[str]:
        """Countries as stated, and `regional` for the region as a whole."""
        countries = [*self.report.recipient_countries, *(line.recipient_country for line in self.lines)]
        regions = [*self.report.recipient_regions, *(line.recipient_region for line in self.lines)]
        stated = {country.code for country in countries if country is not None}
        within = {place_of_region(region.code, region.vocabulary) for region in regions if region is not None}
        return frozenset(stated | within)


def label_of(report: ActivityReported) -> Label:
    """The readers whom the report's marking admits."""
    return Label.of(Marking(report.marking.tlp, report.reporter, report.marking.groups))


def outcome_of(id: str, members: Sequence[Member], entries: Iterable[tuple[Line, Fate]]) -> ProgrammeOutcome:
    """The programme as those see it who may read all of `members` (at least one); `id` is its handle.

    `entries` are the fates of all living lines of the programme. The title is that of the smallest member.
    """
    members = _ordered(members)
    cells = _cells(members)
    return ProgrammeOutcome(
        label=_label(members),
        id=id,
        title=members[0].report.title,
        members=tuple(
            ProgrammeMember(reporter=member.report.reporter, activity=member.report.activity, title=member.report.title)
            for member in members
        ),
        organisations=_organisations(members),
        countries=_countries(members),
        lines=tuple(sorted({cell.line for cell in cells} & set(LINES))),
        goals=tuple(sorted({cell.goal for cell in cells} & set(GOALS))),
        totals=_totals(entries),
    )


def side_of(programme: str, members: Sequence[Member]) -> FindingSide:
    """One side of a finding: the activities of one reporter in the programme of this handle."""
    members = _ordered(members)
    cells = _cells(members)
    return FindingSide(
        members=tuple(
            ActivityName(reporter=member.report.reporter, activity=member.report.activity) for member in members
        ),
        title=members[0].report.title,
        programme=programme,
        countries=_countries(members),
        goals=tuple(sorted({cell.goal for cell in cells} & set(GOALS))),
        label=_label(members),
    )


def _ordered(members: Sequence[Member]) -> list[Member]:
    return sorted(members, key=lambda member: member.name)


def _label(members: Sequence[Member]) -> LabelStatement:
    label = Label()
    for member in members:
        label = label.meet(label_of(member.report))
    return LabelStatement.of(label)


def _organisations(members: Sequence[Member]) -> tuple[str, ...]:
    named = {member.report.reporter for member in members}
    for member in members:
        taking_part = member.report.participating_organisations
        named.update(organisation.identifier for organisation in taking_part if organisation.identifier is not None)
    return tuple(sorted(named))


def _countries(members: Sequence[Member]) -> tuple[str, ...]:
    return tuple(sorted(frozenset[str]().union(*(member.countries for member in members))))


def _cells(members: Sequence[Member]) -> frozenset[Cell]:
    return frozenset[Cell]().union(*(member.cells for member in members))


def _totals(entries: Iterable[tuple[Line, Fate]]) -> tuple[MeasureTotal, ...]:
    amounts: dict[tuple[Column, str], list[Decimal]] = defaultdict(list)
    for line, fate in entries:
        column = column_of(line.type)
        if fate.fate == "counted" and column is not None:
            amounts[column, line.currency].append(line.amount)
    return tuple(
        MeasureTotal(measure=column, currency=currency, amount=f"{exact_sum(added):f}")
        for (column, currency), added in sorted(amounts.items())
    )
