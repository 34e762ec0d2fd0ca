"""Relay: from the outbox to the log. One worker sends at a time, in order, and deletes what the log acknowledged."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from typing import Final

import psycopg
import structlog
from psycopg_pool import PoolTimeout
from uuid_utils import uuid4

from istmo_common.events.envelope import CloudEvent
from istmo_common.heartbeat import Beat, no_beat
from istmo_common.kafka.producer import Acknowledged, Log, Outgoing
from istmo_common.measures import OUTBOX_SENT
from istmo_common.postgres import Pool
from istmo_common.times import format_time
from istmo_notify.store import outbox
from istmo_notify.store.waking import Waker

__all__ = ["Log", "relay"]

_TERM: Final = timedelta(seconds=15)
_AT_ONCE: Final = 500
_LOOK_SECONDS: Final = 1.0

_log = structlog.get_logger(__name__)


async def relay(pool: Pool, log: Log, waker: Waker, stop: asyncio.Event, beat: Beat = no_beat) -> None:
    """Send what waits until `stop` is set. Each round is a `beat`."""
    holder = str(uuid4())
    with waker.waiting() as woken:
        while not stop.is_set():
            woken.clear()
            beat()
            sent = 0
            try:
                sent = await _send_some(pool, log, holder)
            except (psycopg.OperationalError, PoolTimeout) as error:
                _log.warning("the outbox cannot be read now", reason=type(error).__name__)
            if sent < _AT_ONCE:
                await _wait(woken, stop)


async def _send_some(pool: Pool, log: Log, holder: str) -> int:
    """Send the oldest letters, if this worker is the one that sends; how many the log took."""
    async with pool.connection() as connection:
        if not await outbox.hold_lease(connection, holder, _TERM):
            return 0
        waiting = await outbox.waiting(connection, _AT_ONCE)
    if not waiting:
        return 0
    # No connection is held meanwhile. An answer comes within the producer's deadline, well before the lease ends.
    began = datetime.now(UTC)
    outcomes = await log.send_many([_outgoing(one) for one in waiting])
    taken = [one.id for one, outcome in zip(waiting, outcomes, strict=True) if isinstance(outcome, Acknowledged)]
    OUTBOX_SENT.add(len(taken), {"messaging.destination.name": "alerts"})
    async with pool.connection() as connection:
        await outbox.remove(connection, taken, began)
    return len(taken)


async def _wait(woken: asyncio.Event, stop: asyncio.Event) -> None:
    tasks = {asyncio.create_task(woken.wait()), asyncio.create_task(stop.wait())}
    await asyncio.wait(tasks, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _outgoing(waiting: outbox.Waiting) -> Outgoing:
    letter = waiting.letter
    event = CloudEvent(
        id=letter.event,
        source="/istmo/notify",
        type=letter.type,
        data=letter.value,
        recorded_time=format_time(waiting.recorded),
        traceparent=letter.traceparent,
    )
    return Outgoing.of(letter.topic, letter.key, event)
