"""Views: one numbered list for each filter, reader class and language, and what of a change belongs into it."""

import base64
import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from istmo_common.canonical import canonical_report
from istmo_common.catalogue import LANGUAGES, Language
from istmo_notify.domain.filters import EPOCH_OPENED, EVERYTHING, EntryType, Facets, Filter, ItemType

__all__ = ["PUBLIC_VIEWS", "Change", "Item", "Subject", "Told", "View", "item_of", "seen_through"]

Subject = Literal["programme", "alert"]

_TYPES: Final[dict[Subject, tuple[ItemType, ItemType, ItemType]]] = {
    "programme": ("programme.changed", "programme.changed", "programme.gone"),
    "alert": ("alert.raised", "alert.updated", "alert.cleared"),
}
"""By subject, how it is called in a view when it comes, changes, and goes."""


@dataclass(frozen=True)
class View:
    """A list as its readers name it. `reader` is the partner whose eyes it has; None are the public's."""

    filter: Filter
    reader: str | None
    language: Language

    @cached_property
    def id(self) -> str:
        """The name of the list: `v-` and 26 characters that follow from what the view is."""
        stated = {"filter": self.filter.to_json(), "language": self.language, "reader": self.reader}
        digest = hashlib.sha256(canonical_report(stated)).digest()
        return "v-" + base64.b32encode(digest).decode().lower()[:26]


PUBLIC_VIEWS: Final = tuple(View(EVERYTHING, None, language) for language in LANGUAGES)
"""The lists that always exist: everything that anyone may read, in each language."""


@dataclass(frozen=True, slots=True)
class Told:
    """A subject as one reader is told of it in one language. `data` is canonical JSON.

    `mentions`: the keys of the activities that it speaks of, on which it depends whether it may still be read later.
    """

    data: bytes
    facets: Facets
    mentions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Change:
    """How one reader's picture of one subject changed, in one language. `farewell` is told when it goes."""

    subject: Subject
    id: str
    before: Told | None
    after: Told | None
    farewell: bytes


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a list, before it has its number. Facets let a filter be laid over the list afterwards."""

    type: EntryType
    id: str
    data: bytes
    mentions: frozenset[str] = frozenset()
    before: Facets | None = None
    after: Facets | None = None


def item_of(change: Change, filter: Filter) -> Item | None:
    """What a view of `filter` says of a change; None where nothing in it changed."""
    before = change.before if change.before is not None and filter.admits(change.before.facets) else None
    after = change.after if change.after is not None and filter.admits(change.after.facets) else None
    if before == after:
        return None
    came, changed, went = _TYPES[change.subject]
    if after is None:
        item = Item(went, change.id, change.farewell)
    else:
        item = Item(came if before is None else changed, change.id, after.data, after.mentions)
    if not filter.wants(item.type):
        return None
    return Item(
        item.type,
        item.id,
        item.data,
        item.mentions,
        None if before is None else before.facets,
        None if after is None else after.facets,
    )


def seen_through(filter: Filter, item: Item, farewell: bytes) -> tuple[EntryType, bytes] | None:
    """An item of an unfiltered list as `filter` lets it through: type and data; None where it says nothing.

    What left the filter's subjects goes with `farewell`, although it only changed in the unfiltered list.
    """
    if item.type == EPOCH_OPENED:
        return item.type, item.data
    was = item.before is not None and filter.admits(item.before)
    remains = item.after is not None and filter.admits(item.after)
    if not (was or remains):
        return None
    seen: tuple[EntryType, bytes] = (item.type, item.data) if remains else ("programme.gone", farewell)
    return seen if filter.wants(seen[0]) else None
