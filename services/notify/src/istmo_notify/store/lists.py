"""The numbered lists: who follows what, and what each list was told."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from psycopg import AsyncConnection

from istmo_common.canonical import canonical_report
from istmo_common.catalogue import Language
from istmo_common.disclosure import Label, Reader
from istmo_common.events.outcomes import LabelStatement
from istmo_common.partners import PartnerDirectory
from istmo_notify.domain.filters import EntryType, Facets, Filter
from istmo_notify.domain.reading import Entry, Kept, Sight, may_read
from istmo_notify.domain.views import PUBLIC_VIEWS, Item, View
from istmo_notify.store.known import newest_partners

__all__ = [
    "Line",
    "Range",
    "append",
    "close_if_unfollowed",
    "ends",
    "find_view",
    "kept_items",
    "lock_lists",
    "open_view",
    "open_views",
    "read",
    "read_several",
    "sight_of",
]

Connection = AsyncConnection[Any]

# Whoever writes into lists and whoever opens one excludes the other: so a list holds all that was told after it was
# opened, and what was told before is in the tables that its reader looks at next.
_LOCK: Final = "SELECT 1 FROM views WHERE id = %s FOR UPDATE"

_OPEN_VIEWS: Final = "SELECT reader, language, filter FROM views WHERE open ORDER BY id"
_VIEW: Final = "SELECT id, epoch, last FROM views WHERE id = %s AND open"
_ENDS: Final = "SELECT id, epoch, last FROM views WHERE id = ANY(%b)"
_OPEN_VIEW: Final = """
    INSERT INTO views AS known (id, reader, language, filter) VALUES (%s, %s, %s, %s)
    ON CONFLICT (id) DO UPDATE SET open = true,
        epoch = known.epoch + (NOT known.open)::int, last = CASE WHEN known.open THEN known.last ELSE 0 END
    RETURNING id, epoch, last"""
_CLOSE: Final = """
    UPDATE views SET open = false
    WHERE id = %(view)s AND NOT id = ANY(%(public)s) AND NOT EXISTS (SELECT FROM subscriptions WHERE view = %(view)s)
    RETURNING id"""
_CLEAR: Final = "DELETE FROM items WHERE view = %s"

_APPEND: Final = """
    WITH told AS (
        SELECT * FROM unnest(%b::text[], %b::int[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[],
            %b::text[], %b::text[]) AS n (view, place, type, subject, data, mentions, before, after, traceparent)),
    numbered AS (
        UPDATE views v SET last = v.last + n.items FROM (SELECT view, count(*) AS items FROM told GROUP BY view) n
        WHERE v.id = n.view
        RETURNING v.id, v.epoch, v.last - n.items AS before)
    INSERT INTO items (view, epoch, number, type, subject, data, mentions, before, after, traceparent)
    SELECT t.view, v.epoch, v.before + t.place, t.type, t.subject, t.data, t.mentions, t.before, t.after, t.traceparent
    FROM told t JOIN numbered v ON v.id = t.view"""
_ITEMS: Final = """
    SELECT number, type, subject, data, mentions, before, after, told, traceparent FROM items
    WHERE view = %s AND epoch = %s AND number > %s ORDER BY number LIMIT %s"""

# In two steps, so that a list's items come by its index however many lists there are.
_ITEMS_OF_SEVERAL: Final = """
    SELECT n.place::int - 1, i.number, i.type, i.subject, i.data, i.mentions, NULL, NULL, i.told, i.traceparent
    FROM unnest(%b::text[], %b::bigint[], %b::bigint[]) WITH ORDINALITY AS n (view, epoch, after, place)
    CROSS JOIN LATERAL (
        SELECT * FROM items i WHERE i.view = n.view AND i.epoch = n.epoch AND i.number > n.after
        ORDER BY i.number LIMIT %s) i
    ORDER BY n.place, i.number"""

_LABELS: Final = "SELECT DISTINCT activity, label FROM members WHERE activity = ANY(%b)"
_STATES: Final = "SELECT id, state FROM alerts WHERE id = ANY(%b)"


@dataclass(frozen=True, slots=True)
class Line:
    """An open list: the number `last` is that of its newest item, 0 while it has none."""

    view: str
    epoch: int
    last: int


@dataclass(frozen=True, slots=True)
class Range:
    """What `reader` is to read of a list: what stands behind the number `after`."""

    line: Line
    reader: Reader
    after: int


async def lock_lists(connection: Connection) -> None:
    """Be the only transaction that writes into lists or opens one, until it ends."""
    await connection.execute(_LOCK, (PUBLIC_VIEWS[0].id,))


async def open_views(connection: Connection) -> list[View]:
    """The lists that are written."""
    cursor = await connection.execute(_OPEN_VIEWS)
    return [_view(*row) for row in await cursor.fetchall()]


async def open_view(connection: Connection, view: View) -> Line:
    """The list of a view, open from now on; one that had been closed begins its next epoch."""
    stated = canonical_report(view.filter.to_json()).decode()
    cursor = await connection.execute(_OPEN_VIEW, (view.id, view.reader, view.language, stated))
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101 - an upsert returns its row
    return Line(*row)


async def find_view(connection: Connection, view: str) -> Line | None:
    """An open list; None where it is closed or never was."""
    cursor = await connection.execute(_VIEW, (view,))
    row = await cursor.fetchone()
    return None if row is None else Line(*row)


async def ends(connection: Connection, views: Sequence[str]) -> dict[str, tuple[int, int]]:
    """The epoch and the newest number of each of these lists."""
    cursor = await connection.execute(_ENDS, (list(views),))
    return {view: (epoch, last) for view, epoch, last in await cursor.fetchall()}


async def close_if_unfollowed(connection: Connection, view: str) -> None:
    """Close a list that no subscription follows, and let its items go: its epoch has ended."""
    public = [known.id for known in PUBLIC_VIEWS]
    cursor = await connection.execute(_CLOSE, {"view": view, "public": public})
    if await cursor.fetchone() is not None:
        await connection.execute(_CLEAR, (view,))


async def append(connection: Connection, told: Mapping[str, Sequence[tuple[Item, str | None]]]) -> None:
    """Write items, each with its trace context, at the end of the lists of these ids."""
    rows = [_row(view, place, *entry) for view, entries in told.items() for place, entry in enumerate(entries, 1)]
    await connection.execute(_APPEND, [[row[column] for row in rows] for column in range(9)])


async def read(connection: Connection, range_: Range, directory: PartnerDirectory, limit: int) -> list[Entry]:
    """Up to `limit` entries of a range, as its reader may read them now."""
    return (await read_several(connection, [range_], directory, limit))[0]


async def read_several(
    connection: Connection, ranges: Sequence[Range], directory: PartnerDirectory, limit: int
) -> list[list[Entry]]:
    """The entries of each range, up to `limit` of it, as its reader may read them now.

    A list may have been told by a record that `directory` does not have yet: nothing is withheld by an older one.
    """
    columns = (
        [one.line.view for one in ranges],
        [one.line.epoch for one in ranges],
        [one.after for one in ranges],
        limit,
    )
    cursor = await connection.execute(_ITEMS_OF_SEVERAL, columns)
    kept = [(place, _kept(*row)) for place, *row in await cursor.fetchall()]
    sight = await sight_of(connection, (one.item for _, one in kept))
    entries = _judged(ranges, kept, sight)
    withheld = [range_ for range_, part in zip(ranges, entries, strict=True) if any(one.withheld for one in part)]
    if any(range_.reader.partner is not None for range_ in withheld):
        newest = await newest_partners(connection, directory)
        entries = _judged([replace(one, reader=_known_as(one.reader, newest)) for one in ranges], kept, sight)
    return entries


async def kept_items(connection: Connection, line: Line, after: int, limit: int) -> list[Kept]:
    """The items of a list behind the number `after`, whoever may read them: only to be judged by `may_read`."""
    cursor = await connection.execute(_ITEMS, (line.view, line.epoch, after, limit))
    return [_kept(*row) for row in await cursor.fetchall()]


async def sight_of(connection: Connection, items: Iterable[Item]) -> Sight:
    """What decides whether these items may be read now."""
    items = list(items)
    labels: dict[str, list[Label]] = {}
    cursor = await connection.execute(_LABELS, (sorted({a for item in items for a in item.mentions}),))
    for activity, label in await cursor.fetchall():
        labels.setdefault(activity, []).append(_label(label))
    cursor = await connection.execute(_STATES, (sorted({item.id for item in items}),))
    return Sight(labels, dict(await cursor.fetchall()))


# They are looked at with every batch, and change seldom.
@lru_cache(maxsize=4096)
def _view(reader: str | None, language: Language, stated: str) -> View:
    return View(Filter.from_json(json.loads(stated)), reader, language)


@lru_cache(maxsize=1024)
def _label(stated: str) -> Label:
    return LabelStatement.read(stated).label()


def _known_as(reader: Reader, directory: PartnerDirectory) -> Reader:
    known = reader.partner is not None and directory.get(reader.partner) is not None
    return directory.reader(str(reader.partner)) if known else reader


def _judged(ranges: Sequence[Range], kept: Iterable[tuple[int, Kept]], sight: Sight) -> list[list[Entry]]:
    entries: list[list[Entry]] = [[] for _ in ranges]
    for place, one in kept:
        entries[place].append(_entry(ranges[place], one, sight))
    return entries


def _entry(range_: Range, kept: Kept, sight: Sight) -> Entry:
    line, item = range_.line, kept.item
    if not may_read(item, sight, range_.reader):
        return Entry(line.view, line.epoch, kept.number, traceparent=kept.traceparent)
    return Entry(line.view, line.epoch, kept.number, item.type, item.data, kept.told, kept.traceparent)


def _kept(
    number: int,
    type: EntryType,
    subject: str,
    data: str,
    mentions: str,
    before: str | None,
    after: str | None,
    *rest: Any,
) -> Kept:
    item = Item(type, subject, data.encode(), frozenset(json.loads(mentions)), _facets(before), _facets(after))
    return Kept(number, item, *rest)


def _row(view: str, place: int, item: Item, traceparent: str | None) -> tuple[Any, ...]:
    return (
        view,
        place,
        item.type,
        item.id,
        item.data.decode(),
        json.dumps(sorted(item.mentions)),
        None if item.before is None else json.dumps(item.before.to_json()),
        None if item.after is None else json.dumps(item.after.to_json()),
        traceparent,
    )


def _facets(stated: str | None) -> Facets | None:
    return None if stated is None else Facets.from_json(json.loads(stated))
