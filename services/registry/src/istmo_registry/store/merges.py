"""Merges of organisation records, as their events state them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from istmo_common.events.organisation_merges import OrganisationMerged
from istmo_registry.store.statement import Statement, columns

__all__ = ["STANDING_MERGES", "StoredMerge", "insert_merges"]

STANDING_MERGES = """SELECT kept, merged FROM organisation_merges m
    WHERE undoes IS NULL AND NOT EXISTS (SELECT FROM organisation_merges u WHERE u.undoes = m.id)"""
"""(kept, merged) of every merge that nobody has undone."""

_FIELDS = ("id", "undoes", "kept", "merged", "recorded", "data")


class StoredMerge(Protocol):
    """A merge or an undo, by the id of its event."""

    @property
    def id(self) -> str:
        """The id of the event."""

    @property
    def undoes(self) -> str | None:
        """The id of the merge that it takes back."""

    @property
    def recorded(self) -> datetime:
        """When it was recorded."""

    @property
    def stated(self) -> OrganisationMerged:
        """What it says."""

    @property
    def data(self) -> str:
        """The canonical JSON of that."""


def insert_merges(merges: Iterable[StoredMerge]) -> Statement:
    """Put down merges and undos. Of different contents under one id that of the smallest (recorded, data) stands."""
    newest: dict[str, StoredMerge] = {}
    for merge in merges:
        known = newest.setdefault(merge.id, merge)
        if (merge.recorded, merge.data) < (known.recorded, known.data):
            newest[merge.id] = merge
    rows = ((m.id, m.undoes, m.stated.kept, m.stated.merged, m.recorded, m.data) for m in newest.values())
    return Statement(
        "merges: insert",
        f"""INSERT INTO organisation_merges AS m ({", ".join(_FIELDS)})
            SELECT * FROM unnest(%(id)b::text[], %(undoes)b::text[], %(kept)b::text[], %(merged)b::text[],
                %(recorded)b::timestamptz[], %(data)b::text[]) AS n ({", ".join(_FIELDS)})
            ON CONFLICT (id) DO UPDATE SET undoes = excluded.undoes, kept = excluded.kept, merged = excluded.merged,
                recorded = excluded.recorded, data = excluded.data
                WHERE (excluded.recorded, excluded.data) < (m.recorded, m.data)""",
        columns(_FIELDS, rows),
    )
