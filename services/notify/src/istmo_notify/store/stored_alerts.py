"""A recipient's alerts as they stand."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg import AsyncConnection

from istmo_notify.domain.alerts import Alert
from istmo_notify.store.known import words_from_json

__all__ = ["StoredAlert", "of_recipient"]

Connection = AsyncConnection[Any]

_OF_RECIPIENT: Final = """
    SELECT id, kind, state, revision, told, raised, changed FROM alerts
    WHERE recipient = %(recipient)s AND id > %(after)s AND (%(cleared)s OR state <> 'cleared')
    ORDER BY id LIMIT %(limit)s"""


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """An alert, and when it was raised and last changed."""

    alert: Alert
    raised: datetime
    changed: datetime


async def of_recipient(
    connection: Connection, recipient: str, after: str, limit: int, *, cleared: bool
) -> list[StoredAlert]:
    """Up to `limit` alerts of a recipient behind the id `after`, in the order of their ids; cleared ones if asked."""
    values = {"recipient": recipient, "after": after, "limit": limit, "cleared": cleared}
    cursor = await connection.execute(_OF_RECIPIENT, values)
    return [
        StoredAlert(Alert(name, kind, state, revision, words_from_json(told)), raised, changed)
        for name, kind, state, revision, told, raised, changed in await cursor.fetchall()
    ]
