"""Activities: one undertaking as one reporting organisation describes it, modelled on IATI 2.03."""

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from istmo_common.events.transactions import (
    AidType,
    CountryShare,
    RegionShare,
    SectorShare,
    Transaction,
    TransactionParty,
)
from istmo_common.events.values import (
    ActivityStatusCode,
    Code,
    DateTypeCode,
    Day,
    Flag,
    GoalShare,
    Identifier,
    LineShare,
    MarkingStatement,
    Narratives,
    OrganisationTypeCode,
    Percentage,
    RelationCode,
    RoleCode,
    Statement,
    Text,
    Value,
)

__all__ = [
    "ActivityDate",
    "ActivityReported",
    "ActivityWithdrawn",
    "Administrative",
    "Budget",
    "Description",
    "ImportWithdrawn",
    "Location",
    "LocationIdentifier",
    "OtherIdentifier",
    "ParticipatingOrganisation",
    "PlannedDisbursement",
    "Point",
    "PolicyMarker",
    "RelatedActivity",
    "Tag",
]

Coordinate = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,3}(\.[0-9]{1,20})?$")]


def _within(most: int) -> AfterValidator:
    def check(degrees: str) -> str:
        if abs(Decimal(degrees)) > most:
            raise PydanticCustomError("coordinate_range", "the degrees lie beyond {most}", {"most": most})
        return degrees

    return AfterValidator(check)


class Description(Statement):
    """A description (`type` 1 general, 2 objectives, 3 target groups, 4 other)."""

    narratives: Annotated[Narratives, Field(min_length=1)]
    type: Code = "1"


class ParticipatingOrganisation(Statement):
    """An organisation in a role (1 funding, 2 accountable, 3 extending, 4 implementing)."""

    role: RoleCode
    identifier: Identifier | None = None
    type: OrganisationTypeCode | None = None
    activity: Identifier | None = None
    crs_channel_code: Code | None = None
    names: Narratives = ()


class ActivityDate(Statement):
    """A date (`type` 1 planned start, 2 actual start, 3 planned end, 4 actual end)."""

    type: DateTypeCode
    date: Day
    narratives: Narratives = ()


class LocationIdentifier(Statement):
    """A place's code in a gazetteer."""

    vocabulary: Code
    code: Code


class Administrative(Statement):
    """A place's code in a list of administrative areas."""

    vocabulary: Code
    code: Code
    level: Code | None = None


class Point(Statement):
    """Latitude and longitude in decimal degrees, WGS 84, as exact decimal texts."""

    latitude: Annotated[Coordinate, _within(90)]
    longitude: Annotated[Coordinate, _within(180)]


class Location(Statement):
    """A place where the activity happens."""

    ref: Text | None = None
    names: Narratives = ()
    description: Narratives = ()
    activity_description: Narratives = ()
    reach: Code | None = None
    identifiers: Annotated[tuple[LocationIdentifier, ...], Field(max_length=50)] = ()
    administrative: Annotated[tuple[Administrative, ...], Field(max_length=50)] = ()
    point: Point | None = None
    exactness: Code | None = None
    location_class: Code | None = None
    feature_designation: Code | None = None


class PolicyMarker(Statement):
    """A policy marker with its significance."""

    code: Code
    vocabulary: Code = "1"
    vocabulary_uri: Text | None = None
    significance: Code | None = None
    narratives: Narratives = ()


class Tag(Statement):
    """A classification that is neither sector nor marker."""

    code: Code
    vocabulary: Code
    vocabulary_uri: Text | None = None
    narratives: Narratives = ()


class Budget(Statement):
    """What is planned to be spent in a period (`type` 1 original, 2 revised; `status` 1 indicative, 2 committed)."""

    period_start: Day
    period_end: Day
    value: Value
    type: Code = "1"
    status: Code = "1"


class PlannedDisbursement(Statement):
    """A payment that is planned for a period, with its provider and receiver."""

    period_start: Day
    value: Value
    period_end: Day | None = None
    type: Code = "1"
    provider: TransactionParty | None = None
    receiver: TransactionParty | None = None


class RelatedActivity(Statement):
    """Another activity (`type` 1 parent, 2 child, 3 sibling, 4 co-funded, 5 third party)."""

    activity: Identifier
    type: RelationCode


class OtherIdentifier(Statement):
    """Another identifier of the same undertaking, with the organisation that gave it."""

    identifier: Identifier
    type: Code | None = None
    owner: Identifier | None = None
    owner_names: Narratives = ()


class ActivityReported(Statement):
    """`activity.reported`: the whole current description of an activity.

    `transactions`: None states no list; a list, also an empty one, is complete and governs which listed transactions
    live. `goals` and `lines` are CARSI's five and three; not stated, they are derived from the purpose codes.
    """

    reporter: Identifier
    activity: Identifier
    marking: MarkingStatement
    title: Annotated[Narratives, Field(min_length=1)]
    reporter_names: Narratives = ()
    reporter_type: OrganisationTypeCode | None = None
    secondary_reporter: Flag = False
    descriptions: Annotated[tuple[Description, ...], Field(max_length=50)] = ()
    status: ActivityStatusCode | None = None
    scope: Code | None = None
    hierarchy: Code | None = None
    humanitarian: Flag | None = None
    participating_organisations: Annotated[tuple[ParticipatingOrganisation, ...], Field(max_length=500)] = ()
    other_identifiers: Annotated[tuple[OtherIdentifier, ...], Field(max_length=100)] = ()
    dates: Annotated[tuple[ActivityDate, ...], Field(max_length=20)] = ()
    recipient_countries: Annotated[tuple[CountryShare, ...], Field(max_length=250)] = ()
    recipient_regions: Annotated[tuple[RegionShare, ...], Field(max_length=100)] = ()
    locations: Annotated[tuple[Location, ...], Field(max_length=1000)] = ()
    sectors: Annotated[tuple[SectorShare, ...], Field(max_length=200)] = ()
    policy_markers: Annotated[tuple[PolicyMarker, ...], Field(max_length=100)] = ()
    tags: Annotated[tuple[Tag, ...], Field(max_length=200)] = ()
    goals: Annotated[tuple[GoalShare, ...], Field(max_length=5)] = ()
    lines: Annotated[tuple[LineShare, ...], Field(max_length=3)] = ()
    collaboration_type: Code | None = None
    default_flow_type: Code | None = None
    default_finance_type: Code | None = None
    default_aid_types: Annotated[tuple[AidType, ...], Field(max_length=20)] = ()
    default_tied_status: Code | None = None
    budgets: Annotated[tuple[Budget, ...], Field(max_length=500)] = ()
    planned_disbursements: Annotated[tuple[PlannedDisbursement, ...], Field(max_length=500)] = ()
    capital_spend: Percentage | None = None
    related_activities: Annotated[tuple[RelatedActivity, ...], Field(max_length=2000)] = ()
    transactions: Annotated[tuple[Transaction, ...], Field(max_length=5000)] | None = None

    @field_validator("transactions")
    @classmethod
    def _distinct(cls, transactions: tuple[Transaction, ...] | None) -> tuple[Transaction, ...] | None:
        places: dict[str, int] = {}
        for position, transaction in enumerate(transactions or ()):
            if transaction.transaction_id is None:
                continue
            first = places.setdefault(transaction.transaction_id, position)
            if first != position:
                raise PydanticCustomError(
                    "transaction_id_repeated",
                    "the transactions {first} and {second} have the same transaction_id",
                    {"first": first, "second": position},
                )
        return transactions


class ActivityWithdrawn(Statement):
    """`activity.withdrawn`: the reporter takes back the activity and with it all its transactions."""

    reporter: Identifier
    activity: Identifier
    reason: Text | None = None


class ImportWithdrawn(Statement):
    """`import.withdrawn`: everything that one import reported never counts, whichever came first."""

    import_id: Identifier
    reason: Text | None = None
