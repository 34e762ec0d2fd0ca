"""What is published of a programme and of a finding's side: composed from members, for those whom a label admits."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, reduce
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
from istmo_common.events.values import Code, Narratives, Statement
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.ledger import Fate, Line
from istmo_registry.domain.money import exact_sum
from istmo_registry.domain.splits import Cell, cells_of

__all__ = ["Column", "Member", "Share", "column_of", "label_of", "outcome_of", "share_of", "side_of"]

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
        # A line that states neither place nor purpose of its own belongs where the activity does.
        telling = [line for line in self.lines if line.recipient_country or line.recipient_region or line.sectors]
        return frozenset(cell for source in (None, *telling) for cell in cells_of(self.report, source))

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


class Share(Statement):
    """What an activity brings into a side of a finding. It is made when the activity is folded, and kept with it."""

    title: Narratives
    countries: tuple[Code, ...]
    goals: tuple[Code, ...]
    label: LabelStatement


def share_of(member: Member) -> Share:
    """What a member brings into a side."""
    return Share(
        title=member.report.title,
        countries=_countries([member]),
        goals=_goals(member.cells),
        label=LabelStatement.of(label_of(member.report)),
    )


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
        label=_met(label_of(member.report) for member in members),
        id=id,
        title=members[0].report.title,
        members=tuple(
            ProgrammeMember(reporter=member.report.reporter, activity=member.report.activity, title=member.report.title)
            for member in members
        ),
        organisations=_organisations(members),
        countries=_countries(members),
        lines=tuple(sorted({cell.line for cell in cells} & set(LINES))),
        goals=_goals(cells),
        totals=_totals(entries),
    )


def side_of(programme: str, shares: Mapping[ActivityId, Share]) -> FindingSide:
    """One side of a finding: the activities of one reporter (at least one) in the programme of this handle.

    The title is that of the smallest.
    """
    names = sorted(shares)
    return FindingSide(
        members=tuple(ActivityName(reporter=name.reporter, activity=name.activity) for name in names),
        title=shares[names[0]].title,
        programme=programme,
        countries=tuple(sorted({country for share in shares.values() for country in share.countries})),
        goals=tuple(sorted({goal for share in shares.values() for goal in share.goals})),
        label=_met(share.label.label() for share in shares.values()),
    )


def _ordered(members: Sequence[Member]) -> list[Member]:
    return sorted(members, key=lambda member: member.name)


def _met(labels: Iterable[Label]) -> LabelStatement:
    """Who may read all of it."""
    return LabelStatement.of(reduce(Label.meet, labels, Label()))


def _goals(cells: Iterable[Cell]) -> tuple[str, ...]:
    return tuple(sorted({cell.goal for cell in cells} & set(GOALS)))


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
