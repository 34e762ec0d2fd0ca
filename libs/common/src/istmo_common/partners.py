"""The partners as every service knows them: a fold of the `partners` topic that authenticates and tells who may report.

Keys look like `istmo_<partner>_<secret>`. The log and the tables hold the SHA-256 of the secret, never the secret.
"""

import asyncio
import hashlib
import hmac
import secrets
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints, ValidationError

from istmo_common.disclosure import PUBLIC, Custody, Reader, Tlp
from istmo_common.errors import InvalidEvent, Unauthenticated
from istmo_common.events.envelope import CloudEvent
from istmo_common.events.values import Code, Identifier, Statement, Text
from istmo_common.kafka.compacted import read_compacted

__all__ = ["PartnerDirectory", "PartnerId", "PartnerKey", "PartnerRecord", "make_key"]

PartnerId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$")]
"""Lower-case letters, digits and hyphens: the underscore ends the partner's part of a key."""

_SCHEME: Final = "bearer "
_BRAND: Final = "istmo_"
# Compared with when there is no such partner, so that the answer takes the same path.
_NO_KEY: Final = "0" * 64


class PartnerKey(Statement):
    """A living key: what names it, and the SHA-256 (hex) of its secret. A revoked key is no longer listed."""

    id: Code
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class PartnerRecord(Statement):
    """The data of `partner.changed`: a partner as it stands. `custodian_of` lists organisations, or says `unclaimed`.

    `language` is the one it is written to; `agreement_signed` is about the sharing agreement, which AMBER asks for.
    """

    id: PartnerId
    name: Text
    kind: Code
    language: Literal["es", "en"]
    owns: tuple[Identifier, ...] = ()
    custodian_of: tuple[Identifier, ...] | Literal["unclaimed"] = ()
    steward: bool = False
    keys: tuple[PartnerKey, ...] = ()
    clearance: Tlp = Tlp.GREEN
    groups: tuple[Code, ...] = ()
    agreement_signed: bool = False
    version: Annotated[int, Field(ge=1)]


def make_key(partner_id: str) -> tuple[str, str]:
    """A new key of this partner, to be shown once, and the SHA-256 (64 hex digits) of its secret, to be kept."""
    secret = secrets.token_hex(24)
    return f"{_BRAND}{partner_id}_{secret}", _sha256(secret)


class PartnerDirectory:
    """All partners, in memory. `caught_up` is set once it knows what the topic held when it began to read."""

    def __init__(self) -> None:
        self.caught_up = asyncio.Event()
        self._records: dict[str, PartnerRecord] = {}
        self._versions: dict[str, int] = {}
        # Put together when they are asked for, and forgotten with every change.
        self._claimed: frozenset[str] | None = None
        self._readers: dict[str, Reader] = {}

    async def follow(self, bootstrap_servers: str, topic_prefix: str = "") -> None:
        """Read the `partners` topic, for ever: run it as a task."""
        await read_compacted(bootstrap_servers, f"{topic_prefix}partners", self.apply, self.caught_up)

    def apply(self, key: bytes, event: CloudEvent | None) -> None:
        """Take in one record of the topic; None removes the partner. Of two versions the higher stays.

        Raises `InvalidEvent` for what is not a `partner.changed` about the partner that `key` names.
        """
        if event is None:
            self._records.pop(key.decode("utf-8", "replace"), None)
            self._forget()
        else:
            self.hold(_read(key, event))

    def hold(self, record: PartnerRecord) -> None:
        """Have a partner as it stands. Of two versions the higher stays."""
        if record.version > self._versions.get(record.id, 0):
            self._versions[record.id] = record.version
            self._records[record.id] = record
            self._forget()

    def _forget(self) -> None:
        self._claimed = None
        self._readers.clear()

    def partners(self) -> list[PartnerRecord]:
        """All partners, by id."""
        return sorted(self._records.values(), key=lambda record: record.id)

    def get(self, partner_id: str) -> PartnerRecord | None:
        """One partner, None if there is none of that id."""
        return self._records.get(partner_id)

    def authenticate(self, authorization: str | None) -> Reader:
        """Who asks, by an `Authorization` header; the public without one. Raises `Unauthenticated` for a bad one."""
        if authorization is None:
            return PUBLIC
        partner_id, secret = _parse(authorization)
        record = self._records.get(partner_id)
        keys = [key.sha256 for key in record.keys] if record is not None else []
        offered = _sha256(secret)
        # Every key is compared, in constant time each: which one fits, and whether one does, takes no time to tell.
        fits = [hmac.compare_digest(offered, stored) for stored in keys or [_NO_KEY]]
        if record is None or not any(fits):
            raise Unauthenticated("the key is not valid")
        return self.reader(record.id)

    def reader(self, partner_id: str) -> Reader:
        """What this partner is as a reader. Raises KeyError for an id that is none."""
        reader = self._readers.get(partner_id)
        if reader is None:
            record = self._records[partner_id]
            reader = Reader(record.id, self.custody(record.id), record.language, record.steward)
            self._readers[partner_id] = reader
        return reader

    def custody(self, partner_id: str) -> Custody:
        """The organisations that this partner may report for. Raises KeyError for an id that is none."""
        record = self._records[partner_id]
        if record.custodian_of == "unclaimed":
            return Custody(owned=frozenset(record.owns), claimed_by_anyone=self._claimed_by_anyone())
        return Custody(owned=frozenset(record.owns), custodian_of=frozenset(record.custodian_of))

    def recipients_for(self, organisation: str) -> list[str]:
        """The ids of the partners that are told what concerns this organisation, sorted.

        Its owners; where nobody owns it those who list it in their custody; else the stewards who look after all
        organisations that nobody has claimed.
        """
        records = self.partners()
        for among in (
            [record.id for record in records if organisation in record.owns],
            [r.id for r in records if r.custodian_of != "unclaimed" and organisation in r.custodian_of],
            [record.id for record in records if record.custodian_of == "unclaimed" and record.steward],
        ):
            if among:
                return among
        return []

    def _claimed_by_anyone(self) -> frozenset[str]:
        if self._claimed is None:
            self._claimed = frozenset(owned for record in self._records.values() for owned in record.owns)
        return self._claimed


def _parse(authorization: str) -> tuple[str, str]:
    token = authorization[len(_SCHEME) :].strip()
    partner_id, separator, secret = token.removeprefix(_BRAND).partition("_")
    if not (authorization.lower().startswith(_SCHEME) and token.startswith(_BRAND) and separator and secret):
        raise Unauthenticated("a key is sent as: Authorization: Bearer istmo_<partner>_<secret>")
    return partner_id, secret


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _read(key: bytes, event: CloudEvent) -> PartnerRecord:
    if event.type != "partner.changed":
        raise InvalidEvent("the topic of partners carries partner.changed alone")
    try:
        record = PartnerRecord.read(event.data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = "/".join(str(part) for part in first["loc"])
        raise InvalidEvent(f"the data breaks the contract at /{place}: {first['type']}") from None
    if record.id.encode() != key:
        raise InvalidEvent("the key of the record is not the partner's id")
    return record
