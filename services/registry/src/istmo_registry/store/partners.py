"""Partners and their keys: the registry is where they are kept; everybody else hears of them through the log."""

from collections.abc import Collection
from typing import Final

from istmo_common.disclosure import Tlp
from istmo_common.partners import PartnerKey, PartnerRecord
from istmo_registry.store.snapshot import Database
from istmo_registry.store.statement import GATE

__all__ = ["claimed_by_others", "insert_key", "lock_partners", "read_partner", "read_partners", "revoke_key", "write"]

_RECORDS: Final = """
    SELECT p.id, p.version, p.name, p.kind, p.language, p.steward, p.agreement_signed, p.groups, p.owns, p.custodian_of,
        p.custodian_of_unclaimed,
        (SELECT coalesce(json_agg(json_build_object('id', k.id, 'sha256', k.sha256) ORDER BY k.created, k.id), '[]')
         FROM partner_keys k WHERE k.partner = p.id AND k.revoked IS NULL)
    FROM partners p"""


def _record(row: tuple[object, ...]) -> PartnerRecord:
    names = ("id", "version", "name", "kind", "language", "steward", "agreement_signed", "groups", "owns")
    *plain, custodian_of, unclaimed, keys = row
    stated = dict(zip(names, plain, strict=True))
    return PartnerRecord.model_validate(
        stated
        | {
            "custodian_of": "unclaimed" if unclaimed else custodian_of,
            "keys": keys,
            "clearance": Tlp.AMBER if stated["agreement_signed"] else Tlp.GREEN,
        }
    )


async def lock_partners(database: Database) -> None:
    """Let no other change partners until this transaction ends: who owns what is decided one at a time."""
    await database.execute(f"{GATE}; LOCK TABLE partners IN SHARE ROW EXCLUSIVE MODE")


async def read_partners(database: Database) -> list[PartnerRecord]:
    """All partners with their living keys, by id."""
    cursor = await database.execute(f"{_RECORDS} ORDER BY p.id")
    return [_record(row) async for row in cursor]


async def read_partner(database: Database, partner: str) -> PartnerRecord | None:
    """One partner with its living keys."""
    cursor = await database.execute(f"{_RECORDS} WHERE p.id = %(id)s", {"id": partner})
    row = await cursor.fetchone()
    return None if row is None else _record(row)


async def claimed_by_others(database: Database, partner: str, organisations: Collection[str]) -> list[str]:
    """Of `organisations` those that another partner owns, in order."""
    cursor = await database.execute(
        """SELECT DISTINCT o.id FROM partners p CROSS JOIN LATERAL unnest(p.owns) AS o (id)
           WHERE p.id <> %(partner)s AND o.id = ANY(%(organisations)s::text[]) ORDER BY 1""",
        {"partner": partner, "organisations": list(organisations)},
    )
    return [identifier async for (identifier,) in cursor]


async def write(database: Database, record: PartnerRecord) -> None:
    """Write a partner without its keys, in place of what was known of it."""
    unclaimed = record.custodian_of == "unclaimed"
    await database.execute(
        """INSERT INTO partners (id, version, name, kind, language, steward, agreement_signed, groups, owns,
               custodian_of, custodian_of_unclaimed)
           VALUES (%(id)s, %(version)s, %(name)s, %(kind)s, %(language)s, %(steward)s, %(agreement_signed)s,
               %(groups)s::text[], %(owns)s::text[], %(custodian_of)s::text[], %(unclaimed)s)
           ON CONFLICT (id) DO UPDATE SET version = excluded.version, name = excluded.name, kind = excluded.kind,
               language = excluded.language, steward = excluded.steward, agreement_signed = excluded.agreement_signed,
               groups = excluded.groups, owns = excluded.owns, custodian_of = excluded.custodian_of,
               custodian_of_unclaimed = excluded.custodian_of_unclaimed""",
        {
            **record.model_dump(include={"id", "version", "name", "kind", "language", "steward", "agreement_signed"}),
            "groups": list(record.groups),
            "owns": list(record.owns),
            "custodian_of": [] if unclaimed else list(record.custodian_of),
            "unclaimed": unclaimed,
        },
    )


async def insert_key(database: Database, partner: str, key: PartnerKey) -> None:
    """Give a partner one more key."""
    await database.execute(
        "INSERT INTO partner_keys (id, partner, sha256) VALUES (%(id)s, %(partner)s, %(sha256)s)",
        {"id": key.id, "partner": partner, "sha256": key.sha256},
    )


async def revoke_key(database: Database, partner: str, key: str) -> bool:
    """End a living key; whether there was one."""
    cursor = await database.execute(
        "UPDATE partner_keys SET revoked = now() WHERE id = %(id)s AND partner = %(partner)s AND revoked IS NULL",
        {"id": key, "partner": partner},
    )
    return cursor.rowcount > 0
