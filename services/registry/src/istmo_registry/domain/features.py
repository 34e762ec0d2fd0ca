"""What matching looks at: the few features of an activity that blocking and scoring read, kept as flat columns."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, NamedTuple, Self

from istmo_common.events.activities import ActivityReported
from istmo_common.events.transactions import Transaction
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.text import normal_identifier, normal_title

__all__ = ["FeatureRow", "Features", "Reference", "ReferenceKind", "features_of"]

ReferenceKind = Literal["funds", "part-of", "sibling", "co-funded", "same-work"]

_RELATED: Final[dict[str, ReferenceKind]] = {
    "1": "part-of",
    "2": "part-of",
    "3": "sibling",
    "4": "co-funded",
    "5": "same-work",
}
_STARTS: Final = ("2", "1")
_ENDS: Final = ("4", "3")


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
    countries: list[str]
    starts: date | None
    ends: date | None
    reference_kinds: list[str]
    reference_targets: list[str]


@dataclass(frozen=True, slots=True)
class Features:
    """The features of one standing CLEAR activity; every set is a sorted tuple without repetition.

    `titles`: normalised (`text.normal_title`), one for each distinct narrative. `identifiers`: strong identifiers,
    its own and other ones (`text.normal_identifier`). `countries`: ISO 3166-1 codes of the activity and its lines.
    `starts`, `ends`: actual dates, else planned ones. `references`: to other activities (one to itself is no link).
    """

    activity: ActivityId
    titles: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    countries: tuple[str, ...] = ()
    starts: date | None = None
    ends: date | None = None

    def row(self) -> FeatureRow:
        """The features as columns, for the store."""
        return FeatureRow(
            titles=list(self.titles),
            identifiers=list(self.identifiers),
            countries=list(self.countries),
            starts=self.starts,
            ends=self.ends,
            reference_kinds=[reference.kind for reference in self.references],
            reference_targets=[reference.target for reference in self.references],
        )

    @classmethod
    def from_row(cls, activity: ActivityId, row: FeatureRow) -> Self:
        """The features of `activity` that `row` holds."""
        references = zip(row.reference_kinds, row.reference_targets, strict=True)
        return cls(
            activity=activity,
            titles=tuple(row.titles),
            identifiers=tuple(row.identifiers),
            references=tuple(Reference(kind, target) for kind, target in references),  # type: ignore[arg-type]
            countries=tuple(row.countries),
            starts=row.starts,
            ends=row.ends,
        )

    def refers_to(self, other: ActivityId) -> frozenset[ReferenceKind]:
        """The kinds of the references that resolve to `other`, whoever reports it."""
        return frozenset(reference.kind for reference in self.references if reference.target == other.activity)


def features_of(report: ActivityReported, lines: Iterable[Transaction]) -> Features:
    """The features of an activity from its current report and its living lines, as far as they are CLEAR.

    A restricted line must not be among `lines`, and a restricted activity has no features at all.
    """
    lines = tuple(lines)
    own = report.activity
    identifiers = {normal_identifier(own)}
    # Types B… name the organisation that reported before, not the undertaking.
    others = (other.identifier for other in report.other_identifiers if not (other.type or "").startswith("B"))
    identifiers.update(normal_identifier(other) for other in others)
    countries = {share.code.upper() for share in report.recipient_countries}
    countries.update(line.recipient_country.code.upper() for line in lines if line.recipient_country is not None)
    references = {Reference(kind, target) for kind, target in _references(report, lines) if target != own}
    return Features(
        activity=ActivityId(report.reporter, own),
        titles=tuple(sorted({normal_title(narrative.text) for narrative in report.title} - {""})),
        identifiers=tuple(sorted(identifiers - {""})),
        references=tuple(sorted(references)),
        countries=tuple(sorted(countries)),
        starts=_date(report, _STARTS),
        ends=_date(report, _ENDS),
    )


def _references(report: ActivityReported, lines: Iterable[Transaction]) -> Iterator[tuple[ReferenceKind, str]]:
    for related in report.related_activities:
        if related.type in _RELATED:
            yield _RELATED[related.type], related.activity
    for organisation in report.participating_organisations:
        if organisation.activity is not None:
            yield "funds", organisation.activity
    for line in lines:
        for party in (line.provider, line.receiver):
            if party is not None and party.activity is not None:
                yield "funds", party.activity


def _date(report: ActivityReported, types: Iterable[str]) -> date | None:
    """The earliest date of the first of `types` that the report states."""
    for preferred in types:
        stated = [dated.date for dated in report.dates if dated.type == preferred]
        if stated:
            return min(stated)
    return None
