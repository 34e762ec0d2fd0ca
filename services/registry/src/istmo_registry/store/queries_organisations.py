"""Reading the directory of organisations. It never learns from reports: anyone may read all of it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from istmo_common.events.organisations import OrganisationChanged
from istmo_registry.store.snapshot import Database
from istmo_registry.store.statement import GATE

__all__ = [
    "OrganisationView",
    "all_organisations",
    "identifiers_of_others",
    "lock_organisations",
    "organisation_of",
    "organisations_after",
    "unknown_organisations",
]


@dataclass(frozen=True, slots=True)
class OrganisationView:
    """An organisation, the partner that owns it, and those that list it in their custody."""

    record: OrganisationChanged
    owner: str | None
    custodians: tuple[str, ...]


_VIEWS: Final = """
    SELECT o.id, o.version, o.name_es, o.name_en, o.kind, o.family, n.identifiers,
        ARRAY(SELECT alias FROM organisation_aliases l WHERE l.organisation = o.id ORDER BY alias),
        (SELECT min(p.id) FROM partners p WHERE p.owns && n.identifiers),
        ARRAY(SELECT p.id FROM partners p WHERE p.custodian_of && n.identifiers ORDER BY p.id)
    FROM organisations o
    CROSS JOIN LATERAL (
        SELECT ARRAY(SELECT identifier FROM organisation_identifiers i WHERE i.organisation = o.id ORDER BY identifier)
    ) AS n (identifiers)"""


def _view(row: tuple[Any, ...]) -> OrganisationView:
    id_, version, es, en, kind, family, identifiers, aliases, owner, custodians = row
    record = OrganisationChanged.model_validate(
        {
            "id": id_,
            "version": version,
            "names": {"es": es, "en": en},
            "kind": kind,
            "identifiers": identifiers,
            "aliases": aliases,
            "family": family,
        }
    )
    return OrganisationView(record, owner, tuple(custodians))


async def organisation_of(database: Database, organisation: str) -> OrganisationView | None:
    """The organisation of this id."""
    cursor = await database.execute(f"{_VIEWS} WHERE o.id = %(id)s", {"id": organisation})
    row = await cursor.fetchone()
    return None if row is None else _view(row)


async def organisations_after(
    database: Database, *, identifier: str | None, kind: str | None, after: str | None, limit: int | None
) -> list[OrganisationView]:
    """At most `limit` (None: all) of them after `after`, by id; of a kind, or that reports name by `identifier`."""
    cursor = await database.execute(
        f"""{_VIEWS}
            WHERE (%(identifier)s::text IS NULL OR %(identifier)s = ANY(n.identifiers))
              AND (%(kind)s::text IS NULL OR o.kind = %(kind)s) AND (%(after)s::text IS NULL OR o.id > %(after)s)
            ORDER BY o.id LIMIT %(limit)s""",
        {"identifier": identifier, "kind": kind, "after": after, "limit": limit},
    )
    return [_view(row) async for row in cursor]


async def all_organisations(database: Database) -> tuple[OrganisationChanged, ...]:
    """Every record, by id."""
    cursor = await database.execute(f"{_VIEWS} ORDER BY o.id")
    return tuple([_view(row).record async for row in cursor])


async def unknown_organisations(database: Database, organisations: Collection[str]) -> list[str]:
    """Of these ids those that no record has."""
    cursor = await database.execute(
        """SELECT id FROM unnest(%(ids)s::text[]) AS n (id)
           WHERE NOT EXISTS (SELECT FROM organisations o WHERE o.id = n.id)""",
        {"ids": list(organisations)},
    )
    return [id_ async for (id_,) in cursor]


async def lock_organisations(database: Database) -> None:
    """Let no other change the directory until this transaction ends: identifiers are given out one at a time."""
    await database.execute(f"{GATE}; LOCK TABLE organisations IN SHARE ROW EXCLUSIVE MODE")


async def identifiers_of_others(database: Database, organisation: str, identifiers: Collection[str]) -> list[str]:
    """Of `identifiers` those that the directory has for another organisation, in order."""
    cursor = await database.execute(
        """SELECT DISTINCT identifier FROM organisation_identifiers
           WHERE organisation <> %(organisation)s AND identifier = ANY(%(identifiers)s::text[]) ORDER BY 1""",
        {"organisation": organisation, "identifiers": list(identifiers)},
    )
    return [identifier async for (identifier,) in cursor]
