"""Organisations: records of the directory, which never learns from reports."""

from collections import Counter
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from istmo_common.codelists import PARTNER_KINDS
from istmo_common.events.values import Code, Identifier, Statement, Text

__all__ = ["OrganisationChanged", "OrganisationNames", "PartnerKind"]


def _partner_kind(code: str) -> str:
    if code not in PARTNER_KINDS:
        raise PydanticCustomError("partner_kind", "a kind is one of the partner kinds of the codelist")
    return code


PartnerKind = Annotated[Code, AfterValidator(_partner_kind)]
"""One of the eight kinds of partner."""


class OrganisationNames(Statement):
    """What an organisation is called in the two languages of the platform."""

    es: Text
    en: Text


class OrganisationChanged(Statement):
    """`organisation.changed`: the whole record of one organisation. Consumers keep the highest `version` of an `id`.

    `identifiers` are those under which reports name it, `aliases` other names in any language, `family` the id of the
    organisation above it (a government above its agencies), None where it stands alone or nobody has said.
    """

    id: Identifier
    version: Annotated[int, Field(ge=1)]
    names: OrganisationNames
    kind: PartnerKind
    identifiers: Annotated[tuple[Identifier, ...], Field(max_length=200)] = ()
    aliases: Annotated[tuple[Text, ...], Field(max_length=200)] = ()
    family: Identifier | None = None

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        repeated = [text for text, times in Counter(self.identifiers).items() if times > 1]
        if repeated:
            raise PydanticCustomError("listed_twice", "an identifier stands more than once")
        if self.family == self.id:
            raise PydanticCustomError("own_family", "an organisation does not stand above itself")
        return self
