"""The numbered lists: who follows what, and what each list was told."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from psycopg import AsyncConnection

from istmo_common.canonical import canonical_report
from istmo_common.disclosure import Reader
from istmo_common.events.outcomes import LabelStatement
from istmo_notify.domain.filters import EntryType, Facets, Filter
from istmo_notify.domain.reading import Entry, Kept, Sight, may_read
from istmo_notify.domain.views import PUBLIC_VIEWS, Item, View

__all__ = [
    "Line",
    "append",
    "close_if_unfollowed",
    "ends",
    "find_view",
    "kept_items",
    "lock_lists",
    "open_view",
    "open_views",
    "read",
    "sight_of",
]

Connection = AsyncConnection[Any]

# Whoever writes into lists and whoever opens one excludes the other: so a list holds all that was told after it was
# opened, and what was told before is in the tables that its reader looks at next.
_LOCK: Final = "SELECT 1 FROM views WHERE id = %s FOR UPDATE"

_OPEN_VIEWS: Final = "SELECT reader, language, filter FROM views WHERE open ORDER BY id"
_VIEW: Final = "SELECT id, epoch, last FROM views WHERE id = %s AND open"
_ENDS: Final = "SELECT id, epoch, last FROM views WHERE id = ANY(%s)"
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

_NUMBERS: Final = "UPDATE views SET last = last + %s WHERE id = %s RETURNING epoch, last"
_APPEND: Final = """
    INSERT INTO items (view, epoch, number, type, subject, data, mentions, before, after, traceparent)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
_ITEMS: Final = """
    SELECT number, type, subject, data, mentions, before, after, told, traceparent FROM items
    WHERE view = %s AND epoch = %s AND number > %s ORDER BY number LIMIT %s"""

_LABELS: Final = "SELECT DISTINCT activity, label FROM members WHERE activity = ANY(%s)"
_STATES: Final = "SELECT id, state FROM alerts WHERE id = ANY(%s)"


@dataclass(frozen=True, slots=True)
class Line:
    """An open list: the number `last` is that of its newest item, 0 while it has none."""

    view: str
    epoch: int
    last: int


async def lock_lists(connection: Connection) -> None:
    """Be the only transaction that writes into lists or opens one, until it ends."""
    await connection.execute(_LOCK, (PUBLIC_VIEWS[0].id,))


async def open_views(connection: Connection) -> list[View]:
    """The lists that are written."""
    cursor = await connection.execute(_OPEN_VIEWS)
    return [
        View(Filter.from_json(json.loads(stated)), reader, language)
        for reader, language, stated in await cursor.fetchall()
    ]


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
    rows: list[tuple[Any, ...]] = []
    for view in sorted(told):
        cursor = await connection.execute(_NUMBERS, (len(told[view]), view))
        epoch, last = await cursor.fetchone() or (0, 0)
        first = last - len(told[view]) + 1
        rows += (_row(view, epoch, number, *entry) for number, entry in enumerate(told[view], first))
    async with connection.cursor() as cursor:
        await cursor.executemany(_APPEND, rows)


async def read(connection: Connection, line: Line, reader: Reader, after: int, limit: int) -> list[Entry]:
    """The entries of a list behind the number `after`, as `reader` may read them now."""
    items = await kept_items(connection, line, after, limit)
    sight = await sight_of(connection, (kept.item for kept in items))
    return [
        Entry(line.view, line.epoch, k.number, k.item.type, k.item.data, k.told, k.traceparent)
        if may_read(k.item, sight, reader)
        else Entry(line.view, line.epoch, k.number, traceparent=k.traceparent)
        for k in items
    ]


async def kept_items(connection: Connection, line: Line, after: int, limit: int) -> list[Kept]:
    """The items of a list behind the number `after`, whoever may read them: only to be judged by `may_read`."""
    cursor = await connection.execute(_ITEMS, (line.view, line.epoch, after, limit))
    return [_kept(*row) for row in await cursor.fetchall()]


async def sight_of(connection: Connection, items: Iterable[Item]) -> Sight:
    """What decides whether these items may be read now."""
    items = list(items)
    labels: dict[str, list[Any]] = {}
    cursor = await connection.execute(_LABELS, (sorted({a for item in items for a in item.mentions}),))
    for activity, label in await cursor.fetchall():
        labels.setdefault(activity, []).append(LabelStatement.read(label).label())
    cursor = await connection.execute(_STATES, (sorted({item.id for item in items}),))
    return Sight(labels, dict(await cursor.fetchall()))


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


def _row(view: str, epoch: int, number: int, item: Item, traceparent: str | None) -> tuple[Any, ...]:
    return (
        view,
        epoch,
        number,
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
