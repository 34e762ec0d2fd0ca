"""Organisations as they are sent and as answers."""

from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field

from istmo_common.codelists import PARTNER_KINDS
from istmo_common.events.one_of import OneOf
from istmo_common.events.organisations import OrganisationNames, PartnerKind
from istmo_common.events.values import Identifier, Statement, Text
from istmo_registry.api.paging import PageQuery
from istmo_registry.api.schemas.common import Document, Word

__all__ = ["NewOrganisation", "OrganisationDocument", "OrganisationForm", "OrganisationList", "OrganisationQuery"]

_Id = Annotated[Identifier, Field(max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", examples=["policia-hn"])]


_RECORD: Final[dict[str, Any]] = {
    "names": {"es": "Policía de ejemplo", "en": "Example police"},
    "kind": "isthmus-government",
    "identifiers": ["XI-EXAMPLE-POLICE"],
}
_ORGANISATION: Final[dict[str, Any]] = {
    "id": "policia-ejemplo",
    **_RECORD,
    "aliases": [],
    "family": "gobierno-ejemplo",
    "owner": "policia-ejemplo",
    "custodians": [],
    "merged_into": None,
    "merged": ["policia-ejemplo-antigua"],
}


class OrganisationForm(Statement):
    """The whole record of an organisation but its id. `family`: the id of the one above it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_RECORD]})

    names: OrganisationNames
    kind: PartnerKind
    identifiers: Annotated[tuple[Identifier, ...], Field(max_length=200, examples=[["HN-GOV-9"]])] = ()
    aliases: Annotated[tuple[Text, ...], Field(max_length=200)] = ()
    family: Identifier | None = None


class NewOrganisation(OrganisationForm):
    """An organisation to be made known."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": "policia-ejemplo", **_RECORD}]})

    id: _Id


class OrganisationDocument(Document):
    """An organisation of the directory. `owner`: the partner that it is; `custodians`: those that report for it.

    Besides, the desk reports for every organisation that no partner owns. `merged_into`: the id of the record that is
    kept in its place; `merged`: the ids of those in whose place it is kept.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_ORGANISATION]})

    id: str
    names: OrganisationNames
    kind: str
    identifiers: tuple[str, ...]
    aliases: tuple[str, ...]
    family: str | None
    owner: str | None
    custodians: tuple[str, ...]
    merged_into: str | None
    merged: tuple[str, ...]


class OrganisationQuery(PageQuery):
    """Which organisations."""

    identifier: Annotated[Word, Field(description="As reports name it.")] = None
    q: Annotated[Word, Field(description="In its id, a name, an alias or an identifier; accents do not matter.")] = None
    kind: Annotated[Annotated[str, OneOf(PARTNER_KINDS)] | None, Field(description="A kind of partner.")] = None


class OrganisationList(Document):
    """A page of the directory; `next` is the address of the next one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"organisations": [_ORGANISATION], "next": None}]})

    organisations: list[OrganisationDocument]
    next: str | None
