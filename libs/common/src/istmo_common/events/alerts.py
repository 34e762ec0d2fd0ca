"""What notify publishes: alerts, each a finding as written for one recipient."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from istmo_common.events.outcomes import FindingKind
from istmo_common.events.values import Amount, Code, Identifier, Statement, Text

__all__ = ["AlertComposed", "AlertSide", "AlertText", "NamedCode"]


class NamedCode(Statement):
    """A code with its name in one language."""

    code: Code
    name: Text


class AlertSide(Statement):
    """One side of an alert: activities of one reporter, the smallest first, and the programme they are shown in."""

    reporter: Identifier
    activities: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    title: str
    programme: Identifier
    countries: tuple[NamedCode, ...]
    goals: tuple[NamedCode, ...]


class AlertText(Statement):
    """An alert in one language. The recipient's own side comes first; `reasons` say how each field weighed."""

    id: Identifier
    kind: FindingKind
    heading: str
    summary: str
    advice: str
    reasons: tuple[Text, ...]
    score: Amount | None = None
    sides: Annotated[tuple[AlertSide, ...], Field(min_length=1, max_length=2)]


class AlertComposed(Statement):
    """`alert.composed`: an alert as it now stands for its recipient, a partner.

    `revision` counts what the recipient was told under this `id`; consumers keep the highest per topic key, which is
    the finding's key and the recipient. Once cleared an alert says nothing of the records that it was about.
    """

    id: Identifier
    finding: Identifier
    recipient: Identifier
    kind: FindingKind
    state: Literal["raised", "updated", "cleared"]
    revision: Annotated[int, Field(ge=1)]
    es: AlertText | None = None
    en: AlertText | None = None

    @model_validator(mode="after")
    def _says_what_stands(self) -> Self:
        said = [text is not None for text in (self.es, self.en)]
        if said != [self.state != "cleared"] * 2:
            raise PydanticCustomError("alert_texts", "an alert that stands is in both languages, a cleared one in none")
        return self
