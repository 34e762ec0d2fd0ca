"""What matching looks at: the features of an activity that blocking and scoring read, kept as flat columns."""

from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property
from typing import Any, Literal, NamedTuple, Self

from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.prepared import Prepared

__all__ = ["FeatureRow", "Features", "Reference", "ReferenceKind", "no_features"]

ReferenceKind = Literal["funds", "part-of", "sibling", "co-funded", "same-work"]


class Reference(NamedTuple):
    """A stated reference to another activity by its identifier alone: IATI names no reporter there.

    `funds` and `part-of` make a linked pair wherever they resolve; the others are evidence.
    """

    kind: ReferenceKind
    target: str


class FeatureRow(NamedTuple):
    """Features as flat columns (texts are sorted; `reference_kinds` and `reference_targets` run side by side)."""

    titles: list[str]
    identifiers: list[str]
    codes: list[str]
    words: list[str]
    names: list[str]
    countries: list[str]
    places: list[str]
    purposes: list[str]
    reporters: list[str]
    funders: list[str]
    implementers: list[str]
    totals: list[str]
    amounts: list[str]
    hierarchy: str | None
    starts: date | None
    ends: date | None
    reference_kinds: list[str]
    reference_targets: list[str]


@dataclass(frozen=True)
class Features:
    """The features of one standing CLEAR activity; every set is a sorted tuple without repetition.

    `titles`: normalised (`text.normal_title`), one for each distinct narrative. `identifiers`: strong identifiers,
    its own and other ones (`text.normal_identifier`). `codes`: award codes in its identifiers and texts, that of its
    own award with `=`. `words`: concepts of its descriptions; with `&` those by which a text calls what the work is a
    part of (`&flood+roads`), a bare `&` where one says that it is a component, `>` where one says that it goes on with
    an earlier work; with `#` what they and titles count (`#12+officer`);
    `@starts`, `@ends` where the report calls that day made up.
    `names`: proper names and acronyms, those of titles with `*`, and with `~`
    the initials of what titles name at length. `countries`: ISO 3166-1 codes of the activity and its
    lines. `places`: codes of towns and departments, with `?` where a text tells them. `purposes`: DAC codes, goals as
    `g2`. `reporters`, `funders`, `implementers`: `marks.marks_of`; a reporter that governs has `$` too. `totals`:
    `2 USD 1500`, by type of transaction, `B` for budgets. `amounts`: `USD 1500`, the largest lines. `hierarchy`: as
    stated. `starts`, `ends`: actual dates, else planned ones. `references`: to other activities (one to itself is no
    link).
    """

    activity: ActivityId
    titles: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    reporters: tuple[str, ...] = ()
    funders: tuple[str, ...] = ()
    implementers: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    hierarchy: str | None = None
    starts: date | None = None
    ends: date | None = None
    references: tuple[Reference, ...] = ()

    def row(self) -> FeatureRow:
        """The features as columns, for the store."""
        columns: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            columns[field.name] = list(value) if isinstance(value, tuple) else value
        del columns["activity"], columns["references"]
        return FeatureRow(
            **columns,
            reference_kinds=[reference.kind for reference in self.references],
            reference_targets=[reference.target for reference in self.references],
        )

    @classmethod
    def from_row(cls, activity: ActivityId, row: FeatureRow) -> Self:
        """The features of `activity` that `row` holds."""
        # By place, since many are read: both name their columns in one order.
        columns: tuple[Any, ...] = row
        *texts, hierarchy, starts, ends, kinds, targets = columns
        values = [*map(tuple, texts), hierarchy, starts, ends, tuple(map(Reference, kinds, targets))]
        return cls(activity, *values)

    def refers_to(self, other: ActivityId) -> frozenset[ReferenceKind]:
        """The kinds of the references that resolve to `other`, whoever reports it."""
        return frozenset(reference.kind for reference in self.references if reference.target == other.activity)

    @cached_property
    def prepared(self) -> Prepared:
        """The same, taken apart for comparing."""
        return Prepared.of(self)


def no_features() -> FeatureRow:
    """The columns of an activity that is not matchable."""
    return Features(ActivityId("", "")).row()
