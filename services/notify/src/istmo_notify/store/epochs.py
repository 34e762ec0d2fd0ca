"""The end of an epoch by a restore: what was told after the backup is lost, and its numbers must not be used again."""

from typing import Any, Final

from psycopg import AsyncConnection

from istmo_notify.domain.filters import EPOCH_OPENED
from istmo_notify.store.lists import lock_lists

__all__ = ["close_epochs"]

# What an endpoint has not taken yet it takes from the epoch that ends, before it goes on in the next.
_KEEP_UNDELIVERED: Final = """
    UPDATE deliveries d SET epoch = CASE WHEN d.delivered < v.last THEN s.epoch END,
        delivered = CASE WHEN d.delivered < v.last THEN d.delivered ELSE 0 END,
        lease = NULL, leased_until = '-infinity'
    FROM subscriptions s JOIN views v ON v.id = s.view
    WHERE s.id = d.subscription AND d.epoch IS NULL"""
# The number of an epoch is never used twice, even if the same backup is restored twice: so it goes by the clock. A list
# that is closed opens in an epoch of its own later.
_OPEN_NEXT: Final = """
    WITH before AS (SELECT id, epoch, last, open FROM views),
    now_open AS (
        UPDATE views v SET epoch = greatest(before.epoch + 1, extract(epoch FROM now())::bigint),
            last = before.open::int
        FROM before WHERE before.id = v.id
        RETURNING v.id, v.epoch, v.open, before.epoch AS closed, before.last AS ended)
    INSERT INTO items (view, epoch, number, type, subject, data, mentions)
    SELECT id, epoch, 1, %(type)s, id,
        format('{"closed":{"epoch":%%s,"last":%%s}}', closed, ended), '[]'
    FROM now_open WHERE open
    RETURNING view"""
_FOLLOW: Final = "UPDATE subscriptions s SET epoch = v.epoch, start = 0 FROM views v WHERE v.id = s.view"


async def close_epochs(connection: AsyncConnection[Any]) -> int:
    """Close the epoch of every list and open the next, whose first item tells the last number; how many are open.

    Call it in a transaction, on tables that were just restored.
    """
    await lock_lists(connection)
    await connection.execute(_KEEP_UNDELIVERED)
    cursor = await connection.execute(_OPEN_NEXT, {"type": EPOCH_OPENED})
    opened = len(await cursor.fetchall())
    await connection.execute(_FOLLOW)
    return opened
