"""The directory of organisations, as its events state it; and as fold reads reports by it."""

from collections.abc import Iterable

from istmo_common.events.organisations import OrganisationChanged
from istmo_registry.store.merges import STANDING_MERGES
from istmo_registry.store.statement import Statement, columns

__all__ = ["read_records", "read_standing", "replace_names", "upsert_organisations", "upsert_records"]

_FIELDS = ("id", "version", "name_es", "name_en", "kind", "family")


def read_standing() -> Statement:
    """One row: a stamp of three numbers that changes with the records, and [kept, merged] of each merge that stands.

    The stamp is the table (a rebuild puts another in its place), how many records it has, and a hash of their versions.
    """
    return Statement(
        "directory: read standing",
        f"""SELECT 'directory'::regclass::bigint, count(*), coalesce(bit_xor(hashtextextended(id, version)), 0),
               (SELECT coalesce(jsonb_agg(jsonb_build_array(kept, merged)), '[]') FROM ({STANDING_MERGES}) AS s)
            FROM directory""",
    )


def read_records() -> Statement:
    """(record,) of every organisation as JSON, by id."""
    return Statement("directory: read", "SELECT record FROM directory ORDER BY id")


def upsert_records(records: Iterable[OrganisationChanged]) -> Statement:
    """Write the records (one of each id) that are newer than what fold knew."""
    rows = ((record.id, record.version, record.whole_json()) for record in records)
    return Statement(
        "directory: write",
        """INSERT INTO directory AS d (id, version, record)
           SELECT * FROM unnest(%(id)b::text[], %(version)b::bigint[], %(record)b::text[]) AS n (id, version, record)
           ORDER BY id COLLATE "C"
           ON CONFLICT (id) DO UPDATE SET version = excluded.version, record = excluded.record
               WHERE d.version < excluded.version""",
        columns(("id", "version", "record"), rows),
    )


def upsert_organisations(records: Iterable[OrganisationChanged]) -> Statement:
    """Write the records (one of each id) that are newer than what is stored, in order: (id,) of those written."""
    rows = ((r.id, r.version, r.names.es, r.names.en, r.kind, r.family) for r in records)
    return Statement(
        "organisations: write",
        f"""INSERT INTO organisations AS o ({", ".join(_FIELDS)})
            SELECT * FROM unnest(%(id)b::text[], %(version)b::bigint[], %(name_es)b::text[], %(name_en)b::text[],
                %(kind)b::text[], %(family)b::text[]) AS n ({", ".join(_FIELDS)})
            ORDER BY id COLLATE "C"
            ON CONFLICT (id) DO UPDATE SET version = excluded.version, name_es = excluded.name_es,
                name_en = excluded.name_en, kind = excluded.kind, family = excluded.family
                WHERE o.version < excluded.version
            RETURNING id""",
        columns(_FIELDS, rows),
    )


def replace_names(records: Iterable[OrganisationChanged]) -> tuple[Statement, ...]:
    """Replace the identifiers and aliases of organisations whose rows were just written."""
    written = list(records)
    ids = {"ids": [record.id for record in written]}
    identifiers = [(identifier, record.id) for record in written for identifier in record.identifiers]
    aliases = [(record.id, alias) for record in written for alias in dict.fromkeys(record.aliases)]
    return (
        Statement(
            "organisations: delete identifiers",
            "DELETE FROM organisation_identifiers WHERE organisation = ANY(%(ids)b::text[])",
            ids,
        ),
        Statement(
            "organisations: delete aliases",
            "DELETE FROM organisation_aliases WHERE organisation = ANY(%(ids)b::text[])",
            ids,
        ),
        Statement(
            "organisations: insert identifiers",
            """INSERT INTO organisation_identifiers (identifier, organisation)
               SELECT * FROM unnest(%(identifier)b::text[], %(organisation)b::text[])""",
            columns(("identifier", "organisation"), identifiers),
        ),
        Statement(
            "organisations: insert aliases",
            """INSERT INTO organisation_aliases (organisation, alias)
               SELECT * FROM unnest(%(organisation)b::text[], %(alias)b::text[])""",
            columns(("organisation", "alias"), aliases),
        ),
    )
