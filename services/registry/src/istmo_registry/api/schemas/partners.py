"""Partners as they are sent and as answers."""

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from istmo_common.events.organisations import PartnerKind
from istmo_common.events.values import Code, Flag, Identifier, Statement, Text
from istmo_common.partners import PartnerId
from istmo_registry.api.schemas.common import Document

__all__ = ["IssuedKeyDocument", "NewPartner", "NewPartnerDocument", "PartnerChange", "PartnerDocument", "PartnerList"]

_Organisations = Annotated[tuple[Identifier, ...], Field(max_length=5000)]
_Custody = _Organisations | Literal["unclaimed"]
_Groups = Annotated[tuple[Code, ...], Field(max_length=200)]
_Language = Literal["es", "en"]

_NEW: Final[dict[str, Any]] = {
    "name": "Secretaría de Seguridad",
    "kind": "isthmus-government",
    "language": "es",
    "owns": ["HN-GOV-9"],
}
_PARTNER: Final[dict[str, Any]] = {
    "id": "secretaria-de-seguridad",
    **_NEW,
    "custodian_of": [],
    "steward": False,
    "groups": [],
    "agreement_signed": False,
    "keys": ["k-2b5d97c747f1eac2"],
}
_ISSUED: Final[dict[str, Any]] = {
    "key_id": "k-2b5d97c747f1eac2",
    "key": "istmo_secretaria-de-seguridad_0000000000000000000000000000000000000000000000ff",
}


class NewPartner(Statement):
    """A partner to be made known. Without an `id` one is made from the name.

    `custodian_of`: organisations for which it reports besides its own, or `unclaimed` for all that no partner owns.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_NEW]})

    name: Annotated[Text, Field(max_length=200)]
    kind: PartnerKind
    language: _Language
    id: PartnerId | None = None
    owns: _Organisations = ()
    custodian_of: _Custody = ()
    steward: Flag = False
    groups: _Groups = ()
    agreement_signed: Flag = False


class PartnerChange(Statement):
    """What is to be changed of a partner: the fields that are stated."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"language": "en", "agreement_signed": True}]})

    name: Annotated[Text, Field(max_length=200)] | None = None
    kind: PartnerKind | None = None
    language: _Language | None = None
    owns: _Organisations | None = None
    custodian_of: _Custody | None = None
    steward: Flag | None = None
    groups: _Groups | None = None
    agreement_signed: Flag | None = None


class PartnerDocument(Document):
    """A partner. `keys` are the ids of its living keys; the keys themselves are kept nowhere."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PARTNER]})

    id: str
    name: str
    kind: str
    language: _Language
    owns: tuple[str, ...]
    custodian_of: tuple[str, ...] | Literal["unclaimed"]
    steward: bool
    groups: tuple[str, ...]
    agreement_signed: bool
    keys: tuple[str, ...]


class PartnerList(Document):
    """All partners, by id."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"partners": [_PARTNER]}]})

    partners: list[PartnerDocument]


class IssuedKeyDocument(Document):
    """A key, shown this once, and the id by which it can be revoked."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ISSUED]})

    key_id: str
    key: str


class NewPartnerDocument(PartnerDocument):
    """A new partner with its first key, which is shown this once."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PARTNER | _ISSUED]})

    key_id: str
    key: str
