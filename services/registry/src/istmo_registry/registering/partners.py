"""Registering partners."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from istmo_common.disclosure import Tlp
from istmo_common.partners import PartnerKey, PartnerRecord, make_key
from istmo_registry.registering.errors import Conflict, NotRegistered
from istmo_registry.registering.publishing import publish
from istmo_registry.store import partners
from istmo_registry.store.snapshot import Database, Pool

__all__ = ["IssuedKey", "PartnerBook"]


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key as it is shown once, with the id by which it can be revoked."""

    id: str
    key: str


class PartnerBook:
    """The partners, changed one at a time: an organisation has one owner."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, record: PartnerRecord) -> tuple[PartnerRecord, IssuedKey]:
        """Make a partner known, and give it its first key. Raises `Conflict`."""
        issued, stored = _issue(record.id)
        async with self._pool.connection() as database, database.transaction():
            await partners.lock_partners(database)
            if await partners.read_partner(database, record.id) is not None:
                raise Conflict([("/id", "taken")])
            record = record.model_copy(update={"version": 1, "keys": (stored,)})
            await _write(database, record)
            await partners.insert_key(database, record.id, stored)
        return record, issued

    async def change(self, partner: str, stated: Mapping[str, Any]) -> PartnerRecord:
        """Change what is `stated` of a partner, by field. Raises `NotRegistered` or `Conflict`."""
        async with self._pool.connection() as database, database.transaction():
            return await _change(database, partner, stated)

    async def take_back(self, record: PartnerRecord) -> bool:
        """Have the tables say what the log says, where it is newer: they were restored; whether it was."""
        async with self._pool.connection() as database, database.transaction():
            await partners.lock_partners(database)
            known = await partners.read_partner(database, record.id)
            if known is not None and known.version >= record.version:
                return False
            await partners.write(database, record)
            before = {} if known is None else {key.id: key for key in known.keys}
            for key in record.keys:
                if key.id not in before:
                    await partners.insert_key(database, record.id, key)
            for gone in before.keys() - {key.id for key in record.keys}:
                await partners.revoke_key(database, record.id, gone)
        return True

    async def add_key(self, partner: str) -> IssuedKey:
        """One more key. Raises `NotRegistered`."""
        issued, stored = _issue(partner)
        async with self._pool.connection() as database, database.transaction():
            await partners.lock_partners(database)
            record = await _read(database, partner)
            await partners.insert_key(database, partner, stored)
            await _change(database, partner, {"keys": (*record.keys, stored)})
        return issued

    async def revoke_key(self, partner: str, key: str) -> None:
        """End a key. Raises `NotRegistered`."""
        async with self._pool.connection() as database, database.transaction():
            await partners.lock_partners(database)
            record = await _read(database, partner)
            if not await partners.revoke_key(database, partner, key):
                raise NotRegistered
            await _change(database, partner, {"keys": tuple(each for each in record.keys if each.id != key)})


def _issue(partner: str) -> tuple[IssuedKey, PartnerKey]:
    key, sha256 = make_key(partner)
    identity = f"k-{secrets.token_hex(8)}"
    return IssuedKey(identity, key), PartnerKey(id=identity, sha256=sha256)


async def _read(database: Database, partner: str) -> PartnerRecord:
    record = await partners.read_partner(database, partner)
    if record is None:
        raise NotRegistered
    return record


async def _change(database: Database, partner: str, stated: Mapping[str, Any]) -> PartnerRecord:
    await partners.lock_partners(database)
    record = await _read(database, partner)
    record = record.model_copy(update={**stated, "version": record.version + 1})
    record = record.model_copy(update={"clearance": Tlp.AMBER if record.agreement_signed else Tlp.GREEN})
    await _write(database, record)
    return record


async def _write(database: Database, record: PartnerRecord) -> None:
    claimed = set(await partners.claimed_by_others(database, record.id, record.owns))
    if claimed:
        places = [place for place, organisation in enumerate(record.owns) if organisation in claimed]
        raise Conflict([(f"/owns/{place}", "claimed") for place in places])
    await partners.write(database, record)
    await publish(database, "partners", record.id, "partner.changed", record, record.version)
