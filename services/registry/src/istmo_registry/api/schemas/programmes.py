"""Programmes as answers."""

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from istmo_common.codelists import COUNTRIES, GOALS, LINES, REGIONAL
from istmo_common.events.one_of import OneOf
from istmo_common.events.outcomes import MeasureTotal
from istmo_common.events.values import Narrative
from istmo_registry.api.paging import PageQuery
from istmo_registry.api.schemas.common import CURSOR, ActivityRef, Document, Titled, Word

__all__ = ["MemberDocument", "ProgrammeDocument", "ProgrammeList", "ProgrammeQuery"]

_PROGRAMME: Final[dict[str, Any]] = {
    "id": "p-7q2zq5m4b3l6n2v4x5c6a7s2d3",
    "state": "standing",
    "title": [{"text": "Prevención de violencia juvenil en San Pedro Sula", "language": "es"}],
    "members": [
        {
            "id": "p-7q2zq5m4b3l6n2v4x5c6a7s2d3",
            "reporter": "HN-GOV-9",
            "activity": "HN-GOV-9-2024-017",
            "title": [{"text": "Prevención de violencia juvenil en San Pedro Sula", "language": "es"}],
        }
    ],
    "organisations": ["HN-GOV-9", "US-GOV-11"],
    "countries": ["HN"],
    "lines": ["3"],
    "goals": ["1", "4"],
    "totals": [{"measure": "paid", "currency": "USD", "amount": "100577.00"}],
}


_Country = Annotated[str, OneOf(COUNTRIES, (REGIONAL,))]


class ProgrammeQuery(PageQuery):
    """Which programmes: those to which all of this applies."""

    country: Annotated[_Country | None, Field(description="ISO 3166-1, or `regional`.")] = None
    line: Annotated[Annotated[str, OneOf(LINES)] | None, Field(description="A line of action, 1 to 3.")] = None
    goal: Annotated[Annotated[str, OneOf(GOALS)] | None, Field(description="A goal, 1 to 5.")] = None
    organisation: Annotated[Word, Field(description="Who reports or takes part.")] = None
    q: Annotated[Word, Field(description="Words of a title, accents apart.")] = None


class MemberDocument(ActivityRef):
    """An activity of a programme."""

    title: tuple[Narrative, ...]


class ProgrammeDocument(Titled):
    """A programme as its reader may see it. `totals` never add up across measures; `received` is apart.

    `withdrawn`: its id was made for an activity that its reporter took back; nothing of it counts.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_PROGRAMME]})

    id: str
    state: Literal["standing", "withdrawn"]
    members: list[MemberDocument]
    organisations: tuple[str, ...]
    countries: tuple[str, ...]
    lines: tuple[str, ...]
    goals: tuple[str, ...]
    totals: tuple[MeasureTotal, ...]


class ProgrammeList(Document):
    """A page of programmes; `next` is the address of the next one."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"programmes": [_PROGRAMME], "next": f"/v1/programmes?limit=1&after={CURSOR}"}]}
    )

    programmes: list[ProgrammeDocument]
    next: str | None
