"""What the registry publishes: programmes as they stand, and what it noticed.

The registry computes, notify only selects and words: a `programme.changed` carries one outcome per distinct set of
visible members, each with the label that selects it.
"""

from typing import Annotated, Literal

from pydantic import Field

from istmo_common.disclosure import Label, Marking, Tlp
from istmo_common.events.values import Amount, Code, CurrencyCode, Identifier, Narratives, Statement, Text

__all__ = [
    "ActivityName",
    "Evidence",
    "FindingCleared",
    "FindingKind",
    "FindingRaised",
    "FindingSide",
    "LabelStatement",
    "MarkingOf",
    "MeasureTotal",
    "ProgrammeChanged",
    "ProgrammeMember",
    "ProgrammeOutcome",
]

FindingKind = Literal["possible-duplicate", "id-conflict", "older-report"]


class MarkingOf(Statement):
    """A marking with the organisation that stated it."""

    tlp: Tlp
    reporter: Identifier
    groups: tuple[Code, ...] = ()


class LabelStatement(Statement):
    """A label as it travels: no marking at all is CLEAR."""

    markings: tuple[MarkingOf, ...] = ()

    def label(self) -> Label:
        """The label that decides who may read."""
        return Label.of(*(Marking(m.tlp, m.reporter, m.groups) for m in self.markings))

    @classmethod
    def of(cls, label: Label) -> "LabelStatement":
        """The statement of `label`, its markings in a fixed order."""
        return cls(
            markings=tuple(MarkingOf(tlp=m.tlp, reporter=m.reporter, groups=m.groups) for m in sorted(label.markings))
        )


class ActivityName(Statement):
    """What names an activity record: its reporting organisation and its identifier there."""

    reporter: Identifier
    activity: Identifier


class ProgrammeMember(ActivityName):
    """An activity of a programme, as its reader may see it."""

    title: Narratives


class MeasureTotal(Statement):
    """A sum of counted lines of one measure in one currency. `received` is not added to the outgoing measures."""

    measure: Literal["committed", "paid", "spent", "pledged", "received"]
    currency: CurrencyCode
    amount: Amount


class ProgrammeOutcome(Statement):
    """A programme as those see it whom `label` admits. `id` is the handle of the smallest visible member."""

    label: LabelStatement
    id: Identifier
    title: Narratives
    members: Annotated[tuple[ProgrammeMember, ...], Field(min_length=1)]
    organisations: tuple[Identifier, ...]
    """Identifiers of reporters and participating organisations, in order."""
    countries: tuple[Code, ...]
    lines: tuple[Code, ...]
    goals: tuple[Code, ...]
    totals: tuple[MeasureTotal, ...]


class ProgrammeChanged(Statement):
    """`programme.changed`: the state of one programme. Consumers keep the highest `version` per topic key."""

    version: int
    outcomes: Annotated[tuple[ProgrammeOutcome, ...], Field(min_length=1)]


class Evidence(Statement):
    """How one field weighs for or against two activities being the same, with its sentence in both languages."""

    field: Code
    weight: Amount
    es: Text
    en: Text


class FindingSide(Statement):
    """One side of a finding: the activities of one reporter, the smallest first, and who may read of them."""

    members: Annotated[tuple[ActivityName, ...], Field(min_length=1)]
    title: Narratives
    programme: Identifier
    countries: tuple[Code, ...]
    goals: tuple[Code, ...]
    label: LabelStatement


class FindingRaised(Statement):
    """`finding.raised`: what the registry noticed; again with a higher `version` when what it says has changed.

    `reporter` and `other` are in order (`other` is None where a finding concerns one reporter); `sides` follow them.
    """

    key: Identifier
    kind: FindingKind
    version: int
    reporter: Identifier
    other: Identifier | None = None
    sides: Annotated[tuple[FindingSide, ...], Field(min_length=1, max_length=2)]
    score: Amount | None = None
    evidence: tuple[Evidence, ...] = ()


class FindingCleared(Statement):
    """`finding.cleared`: what had been noticed no longer holds."""

    key: Identifier
    kind: FindingKind
    version: int
    reporter: Identifier
    other: Identifier | None = None
