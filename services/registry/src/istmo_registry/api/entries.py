"""Transactions composed for their reader: named, ordered and replaced by what the reader may see of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from istmo_common.disclosure import Reader, disclose, disclosed
from istmo_registry.domain.ids import ActivityId
from istmo_registry.store.queries_transactions import (
    EntryView,
    Replacement,
    TransactionFilter,
    entries_from,
    shown_names,
)
from istmo_registry.store.snapshot import Database

__all__ = ["Position", "ShownEntry", "entries_for"]


class Position(NamedTuple):
    """The place of a transaction in the order of pages."""

    reporter: str
    activity: str
    date: str
    id: str


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """A transaction and its fate, with identities as its reader is shown them."""

    entry: EntryView
    replaced_by: Replacement | None

    @property
    def position(self) -> Position:
        """Where it stands."""
        return Position(*self.entry.name, self.entry.date.isoformat(), self.entry.id)


async def entries_for(
    database: Database, reader: Reader, wanted: TransactionFilter, *, after: Position | None, limit: int
) -> list[ShownEntry]:
    """At most `limit` transactions after `after`, by activity, day and shown identity."""
    first = None if after is None else ActivityId(after.reporter, after.activity)
    entries = list(disclosed(await entries_from(database, reader, wanted, first=first, limit=limit), reader))
    names = await shown_names(database, _foreign(entries, reader))
    shown = sorted((_shown(entry, reader, names) for entry in entries), key=lambda entry: entry.position)
    return [entry for entry in shown if after is None or entry.position > after][:limit]


def _foreign(entries: Collection[EntryView], reader: Reader) -> set[int]:
    """The activities in which something may be hidden from this reader."""
    named = {entry.number: entry.name for entry in entries}
    for entry in entries:
        replacement = _replacement(entry, reader)
        if replacement is not None:
            named[replacement.number] = replacement.name
    return {number for number, name in named.items() if not reader.reports_for(name.reporter)}


def _replacement(entry: EntryView, reader: Reader) -> Replacement | None:
    return None if entry.replaced_by is None else disclose(entry.replaced_by, reader)


def _shown(entry: EntryView, reader: Reader, names: Mapping[int, Mapping[str, str]]) -> ShownEntry:
    replacement = _replacement(entry, reader)
    if replacement is not None:
        replacement = replace(replacement, id=_name(replacement.number, replacement.id, names))
    return ShownEntry(replace(entry, id=_name(entry.number, entry.id, names)), replacement)


def _name(activity: int, identity: str, names: Mapping[int, Mapping[str, str]]) -> str:
    return names.get(activity, {}).get(identity, identity)
