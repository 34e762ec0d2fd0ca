"""The small values that events are made of: texts with limits, exact decimals, narratives, percentages."""

import re
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError, SchemaSerializer

from istmo_common import codelists
from istmo_common.disclosure import Tlp
from istmo_common.events.listed import Listed

__all__ = [
    "ActivityStatusCode",
    "Amount",
    "Code",
    "CountryCode",
    "CurrencyCode",
    "DateTypeCode",
    "Day",
    "Flag",
    "GoalCode",
    "GoalShare",
    "Identifier",
    "LineCode",
    "LineShare",
    "MarkingStatement",
    "Narrative",
    "Narratives",
    "OrganisationTypeCode",
    "Percentage",
    "Portion",
    "RelationCode",
    "RoleCode",
    "Statement",
    "Text",
    "TransactionTypeCode",
    "Value",
]

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Statement(BaseModel):
    """What an event states. Frozen; a name that the contract does not know is refused, never dropped.

    That holds for whoever writes. In the log and the tables such names come from a newer program: `read` takes them as
    they are, and `whole` gives them back.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=False)

    @classmethod
    def read(cls, text: str | bytes) -> Self:
        """From JSON in the log or in a table. Raises `ValidationError`."""
        return cls.model_validate_json(text, extra="allow")

    def whole(self, *, without: set[str] | None = None) -> dict[str, Any]:
        """What was stated, as JSON values, with what this program does not know; nothing for null."""
        stated: dict[str, Any] = _serializer(type(self)).to_python(
            self, mode="json", exclude_none=True, exclude=without
        )
        return stated

    def whole_json(self, *, without: set[str] | None = None) -> str:
        """The same as JSON text."""
        return _serializer(type(self)).to_json(self, exclude_none=True, exclude=without).decode()


@cache
def _serializer(model: type[Statement]) -> SchemaSerializer:
    """pydantic's own serializer of `model`, but for unknown names, which that of a closed model leaves out."""
    # A finished serializer of a model inside would be taken over, closed as it is.
    return SchemaSerializer(_opened(model.__pydantic_core_schema__), _use_prebuilt=False)


def _opened(schema: Any) -> Any:
    if isinstance(schema, list | tuple):
        return type(schema)(_opened(part) for part in schema)
    if not isinstance(schema, dict):
        return schema
    opened = {name: _opened(part) for name, part in schema.items()}
    if opened.get("type") == "model-fields":
        opened["extra_behavior"] = "allow"
    elif opened.get("type") == "model":
        opened["config"] = {**opened.get("config", {}), "extra_fields_behavior": "allow"}
    return opened


def _printable(text: str) -> str:
    if "\x00" in text:
        raise PydanticCustomError("nul", "the text has a NUL character")
    return text


def _identifier(text: str) -> str:
    if text != text.strip():
        raise PydanticCustomError("identifier_spaces", "an identifier neither begins nor ends with white space")
    return text


def _decimal_text(value: Any) -> Any:
    if isinstance(value, int | float | bool):
        raise PydanticCustomError("amount_as_number", 'an amount is a text, so that no digit is lost: "1250.50"')
    return value


def _day_text(value: Any) -> Any:
    if type(value) is date or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise PydanticCustomError("day_form", "a date is written like 2026-03-31")


def _portion(text: str) -> str:
    if not 0 <= Decimal(text) <= 100:
        raise PydanticCustomError("portion_range", "a percentage lies between 0 and 100")
    return text


Text = Annotated[str, StringConstraints(min_length=1, max_length=20_000), AfterValidator(_printable)]
Identifier = Annotated[
    str, StringConstraints(min_length=1, max_length=500), AfterValidator(_printable), AfterValidator(_identifier)
]
Code = Annotated[str, StringConstraints(min_length=1, max_length=60), AfterValidator(_printable)]
ActivityStatusCode = Annotated[Code, Listed(codelists.ACTIVITY_STATUSES)]
CountryCode = Annotated[Code, Listed(codelists.COUNTRIES)]
CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), Listed(codelists.CURRENCIES)]
DateTypeCode = Annotated[Code, Listed(codelists.DATE_TYPES)]
GoalCode = Annotated[Code, Listed(codelists.GOALS)]
LineCode = Annotated[Code, Listed(codelists.LINES)]
OrganisationTypeCode = Annotated[Code, Listed(codelists.ORGANISATION_TYPES)]
RelationCode = Annotated[Code, Listed(codelists.RELATED_ACTIVITY_TYPES)]
RoleCode = Annotated[Code, Listed(codelists.ORGANISATION_ROLES)]
TransactionTypeCode = Annotated[Code, Listed(codelists.TRANSACTION_TYPES)]
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2199, 12, 31)), BeforeValidator(_day_text)]
"""A calendar day; neither a number nor a point in time is read as one."""
Amount = Annotated[str, BeforeValidator(_decimal_text), StringConstraints(pattern=r"^-?[0-9]{1,24}(\.[0-9]{1,20})?$")]
"""An exact decimal as text; negative ones are corrections."""
Percentage = Annotated[
    str,
    BeforeValidator(_decimal_text),
    StringConstraints(pattern=r"^[0-9]{1,3}(\.[0-9]{1,20})?$"),
    AfterValidator(_portion),
]
"""A percentage, 0 to 100, as an exact decimal text."""


class Narrative(Statement):
    """A text in one language (`language`: BCP 47, None where the report does not say)."""

    text: Text
    language: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")] | None = None


Flag = Annotated[bool, Field(strict=True)]
"""true or false, and nothing that only looks like it."""
Narratives = Annotated[tuple[Narrative, ...], Field(max_length=50)]


class Portion(Statement):
    """A code with its share. None where the report states no share."""

    code: Code
    percentage: Percentage | None = None


class GoalShare(Portion):
    """One of the five goals with its share."""

    code: GoalCode


class LineShare(Portion):
    """One of the three lines with its share."""

    code: LineCode


class Value(Statement):
    """Money: an exact amount, its ISO 4217 currency, and the date of its rate."""

    amount: Amount
    currency: CurrencyCode
    value_date: Day | None = None


class MarkingStatement(Statement):
    """Who may read: a TLP 2.0 label, optionally with named sharing groups."""

    tlp: Tlp
    groups: Annotated[tuple[Code, ...], Field(max_length=50)] = ()

    @property
    def is_clear(self) -> bool:
        """Whether it leaves its report to anyone. What says more than this program knows does not."""
        return self.tlp is Tlp.CLEAR and not self.model_extra
