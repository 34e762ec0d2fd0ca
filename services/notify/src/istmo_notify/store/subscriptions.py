"""Subscriptions: cursors on lists, each of one partner."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from psycopg import AsyncConnection

from istmo_notify.domain.filters import Filter
from istmo_notify.domain.views import View
from istmo_notify.store.lists import Line

__all__ = ["Channel", "Endpoint", "Subscription", "add", "count", "find", "of_partner", "remove", "resume"]

Connection = AsyncConnection[Any]
Channel = Literal["sse", "webhook"]

_COLUMNS: Final = """
    s.id, s.partner, s.channel, s.start, s.created, v.id, s.epoch, v.last, v.reader, v.language, v.filter,
    d.url, d.delivered, d.due, d.failures, d.last_status, d.last_reason, d.paused"""
_FROM: Final = "FROM subscriptions s JOIN views v ON v.id = s.view LEFT JOIN deliveries d ON d.subscription = s.id"
_OF_PARTNER: Final = f"SELECT {_COLUMNS} {_FROM} WHERE s.partner = %s ORDER BY s.created, s.id"
_ONE: Final = f"SELECT {_COLUMNS} {_FROM} WHERE s.partner = %s AND s.id = %s"
_COUNT: Final = "SELECT count(*) FROM subscriptions WHERE partner = %s"
_ADD: Final = "INSERT INTO subscriptions (id, partner, view, epoch, start, channel) VALUES (%s, %s, %s, %s, %s, %s)"
_ADD_DELIVERY: Final = "INSERT INTO deliveries (subscription, url, secret, delivered) VALUES (%s, %s, %s, %s)"
_REMOVE: Final = "DELETE FROM subscriptions WHERE partner = %s AND id = %s RETURNING view"
_REMOVE_DELIVERY: Final = "DELETE FROM deliveries WHERE subscription = %s"
_RESUME: Final = """
    UPDATE deliveries SET paused = NULL, due = now(), failures = 0, failing_since = NULL WHERE subscription = %s"""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A webhook: everything up to the number `delivered` was taken; `failures` are those in a row since."""

    url: str
    delivered: int
    due: datetime
    failures: int
    last_status: int | None
    last_reason: str | None
    paused: str | None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A cursor of `partner` on a list; it began behind the number `start`."""

    id: str
    partner: str
    channel: Channel
    start: int
    created: datetime
    line: Line
    view: View
    endpoint: Endpoint | None = None


async def of_partner(connection: Connection, partner: str) -> list[Subscription]:
    """All subscriptions of a partner, in the order in which they were made."""
    cursor = await connection.execute(_OF_PARTNER, (partner,))
    return [_subscription(row) for row in await cursor.fetchall()]


async def find(connection: Connection, partner: str, subscription: str) -> Subscription | None:
    """A subscription of this partner; None for an id that is none, and for another's alike."""
    cursor = await connection.execute(_ONE, (partner, subscription))
    row = await cursor.fetchone()
    return None if row is None else _subscription(row)


async def count(connection: Connection, partner: str) -> int:
    """How many subscriptions a partner has."""
    cursor = await connection.execute(_COUNT, (partner,))
    row = await cursor.fetchone()
    return 0 if row is None else int(row[0])


async def add(
    connection: Connection, subscription: str, partner: str, line: Line, url: str | None, secret: str | None
) -> None:
    """Add a subscription behind the newest item of its list: with a `url` a webhook, without one for SSE."""
    channel = "sse" if url is None else "webhook"
    await connection.execute(_ADD, (subscription, partner, line.view, line.epoch, line.last, channel))
    if url is not None:
        await connection.execute(_ADD_DELIVERY, (subscription, url, secret, line.last))


async def remove(connection: Connection, partner: str, subscription: str) -> str | None:
    """Remove a subscription of this partner; the id of its list, None where there was none."""
    cursor = await connection.execute(_REMOVE, (partner, subscription))
    row = await cursor.fetchone()
    if row is None:
        return None
    await connection.execute(_REMOVE_DELIVERY, (subscription,))
    return str(row[0])


async def resume(connection: Connection, subscription: str) -> None:
    """Let a paused endpoint go on where it stands."""
    await connection.execute(_RESUME, (subscription,))


def _subscription(row: tuple[Any, ...]) -> Subscription:
    id_, partner, channel, start, created, view, epoch, last, reader, language, stated, *delivery = row
    return Subscription(
        id=id_,
        partner=partner,
        channel=channel,
        start=start,
        created=created,
        line=Line(view, epoch, last),
        view=View(Filter.from_json(json.loads(stated)), reader, language),
        endpoint=None if delivery[0] is None else Endpoint(*delivery),
    )
