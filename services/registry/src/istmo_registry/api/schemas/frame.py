"""The first answer of the platform."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from istmo_common.codelists import CURRENCIES, PLACES
from istmo_common.events.one_of import OneOf
from istmo_registry.api.schemas.common import Document
from istmo_registry.domain.splits import NOT_STATED
from istmo_registry.store.queries_frame import YearKind

__all__ = ["FrameDocument", "FrameNames", "FrameQuery", "FrameRowDocument", "FrameTotal", "SumsDocument"]

_SUMS: Final = {"committed": "250000.00", "paid": "100577.00", "spent": "0", "pledged": "0", "received": "0"}
_ROW: Final[dict[str, Any]] = {
    "currency": "USD",
    "year": 2024,
    "country": "HN",
    "line": "3",
    "goal": "1",
    "kind": "us-agency",
    "sums": _SUMS,
    "of_carsi": _SUMS,
}


class FrameQuery(BaseModel):
    """A part of the frame."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    year: Annotated[YearKind, Field(description="How years are counted.")] = "calendar"
    first: Annotated[int | None, Field(alias="from", ge=1900, le=2200, description="The first year.")] = None
    last: Annotated[int | None, Field(alias="to", ge=1900, le=2200, description="The last year.")] = None
    country: Annotated[
        Annotated[str, OneOf(PLACES, (NOT_STATED,))] | None, Field(description="A place of the frame.")
    ] = None
    currency: Annotated[Annotated[str, OneOf(CURRENCIES)] | None, Field(description="ISO 4217.")] = None


class SumsDocument(Document):
    """Exact sums by column, as text. They are never added to one another; `received` is apart, *not added*."""

    committed: str
    paid: str
    spent: str
    pledged: str
    received: str


class FrameRowDocument(Document):
    """A cell of the frame. `of_carsi`: what of its sums belongs to work that names CARSI; null where none does."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ROW]})

    currency: str
    year: int
    country: str = Field(description="One of the seven, `regional`, `elsewhere` or `not-stated`.")
    line: str = Field(description="1, 2, 3, `outside` or `not-stated`.")
    goal: str = Field(description="1 to 5, `outside` or `not-stated`.")
    kind: str = Field(description="The payer's kind, or `unknown`.")
    sums: SumsDocument
    of_carsi: SumsDocument | None


class FrameTotal(Document):
    """All rows of one currency."""

    currency: str
    sums: SumsDocument
    of_carsi: SumsDocument | None


class FrameNames(Document):
    """What the codes and columns are called in the reader's language."""

    countries: dict[str, str]
    lines: dict[str, str]
    goals: dict[str, str]
    kinds: dict[str, str]
    columns: dict[str, str]
    of_carsi: str
    year: str


class FrameDocument(Document):
    """Country × line × goal by partner kind and year, counted once; one row for each cell with money."""

    title: str
    note: str
    year: Literal["calendar", "us-fiscal"]
    names: FrameNames
    totals: list[FrameTotal]
    rows: list[FrameRowDocument]
    links: dict[str, str]
