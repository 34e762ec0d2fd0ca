"""Reading merges of organisation records. Only their reasons are not for anyone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from istmo_common.disclosure import CLEAR, DESK, Label, Marked, Marking
from istmo_common.events.organisation_merges import OrganisationMerged
from istmo_registry.domain.merges import Merge
from istmo_registry.store.merges import STANDING_MERGES
from istmo_registry.store.snapshot import Database

__all__ = ["MergeView", "UndoView", "merge_of", "merges_after", "standing_merges"]


@dataclass(frozen=True, slots=True)
class UndoView:
    """Who took a merge back, when, and why."""

    id: str
    author: str
    recorded: datetime
    reason: Marked[str | None]


@dataclass(frozen=True, slots=True)
class MergeView:
    """A merge of two records, and its undoing (of several the earliest)."""

    id: str
    kept: str
    merged: str
    author: str
    recorded: datetime
    reason: Marked[str | None]
    undone: UndoView | None


_VIEWS: Final = """
    SELECT m.id, m.recorded, m.data, u.id, u.recorded, u.data
    FROM organisation_merges m
    LEFT JOIN LATERAL (
        SELECT id, recorded, data FROM organisation_merges WHERE undoes = m.id ORDER BY recorded, id LIMIT 1
    ) AS u ON true
    WHERE m.undoes IS NULL"""


async def merge_of(database: Database, merge: str) -> MergeView | None:
    """The merge of this id."""
    cursor = await database.execute(f"{_VIEWS} AND m.id = %(id)s", {"id": merge})
    row = await cursor.fetchone()
    return None if row is None else _view(row)


async def merges_after(database: Database, after: str | None, limit: int) -> list[MergeView]:
    """At most `limit` merges after `after`, by id, those that were undone too."""
    cursor = await database.execute(
        f"{_VIEWS} AND (%(after)s::text IS NULL OR m.id > %(after)s) ORDER BY m.id LIMIT %(limit)s",
        {"after": after, "limit": limit},
    )
    return [_view(row) async for row in cursor]


async def standing_merges(database: Database) -> frozenset[Merge]:
    """Those that nobody has undone."""
    cursor = await database.execute(STANDING_MERGES)
    return frozenset([Merge(*row) async for row in cursor])


def _view(row: tuple[Any, ...]) -> MergeView:
    id_, recorded, data, undo, undone_at, undo_data = row
    stated = OrganisationMerged.read(data)
    undone = None
    if undo is not None:
        undoing = OrganisationMerged.read(undo_data)
        undone = UndoView(undo, undoing.author, undone_at, _reason(undoing))
    return MergeView(id_, stated.kept, stated.merged, stated.author, recorded, _reason(stated), undone)


def _reason(stated: OrganisationMerged) -> Marked[str | None]:
    marking = stated.marking
    open_to_all = marking is None or marking.is_clear
    return Marked(stated.reason, CLEAR if open_to_all or marking is None else Label.of(Marking(marking.tlp, DESK)))
