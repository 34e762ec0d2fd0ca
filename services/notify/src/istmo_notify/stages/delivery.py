"""Delivery: from the lists to the endpoints, in order for each, any number of workers side by side.

The database says what is due and until when a worker holds it. A worker that dies between the receiver's answer and its
commit leaves its lease to lapse; another then sends the same item again, under the same message id.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

import psycopg
import structlog
from psycopg_pool import PoolTimeout
from uuid_utils import uuid4

from istmo_common.heartbeat import Beat, no_beat
from istmo_common.kafka.headers import trace_id_of
from istmo_common.measures import DELIVERIES
from istmo_common.postgres import Pool
from istmo_notify.domain.delivery import Attempt, RetryPolicy, next_step
from istmo_notify.domain.reading import Entry
from istmo_notify.domain.world import Readers
from istmo_notify.store import deliveries, lists
from istmo_notify.store.deliveries import Claim
from istmo_notify.store.stage_records import Attempted
from istmo_notify.store.waking import Waker

__all__ = ["DeliveryConfig", "Sender", "deliver"]

_log = structlog.get_logger(__name__)


class Sender(Protocol):
    """What brings one item to an endpoint."""

    async def send(self, subscription: str, url: str, secret: str, entry: Entry) -> Attempt:
        """One attempt, and what became of it; an endpoint never makes it raise."""


@dataclass(frozen=True, slots=True)
class DeliveryConfig:
    """`term` is how long an endpoint is held for one item; it must outlast the sender's timeout."""

    retry: RetryPolicy = field(default_factory=RetryPolicy)
    at_once: int = 32
    items_at_once: int = 20
    term: timedelta = timedelta(seconds=60)
    look_every: timedelta = timedelta(seconds=1)
    jitter: Callable[[], float] = random.random


async def deliver(
    pool: Pool,
    readers: Readers,
    sender: Sender,
    waker: Waker,
    config: DeliveryConfig,
    stop: asyncio.Event,
    beat: Beat = no_beat,
) -> None:
    """Deliver what is due until `stop` is set; then let requests under way come to their end. Each look is a `beat`."""
    running: set[asyncio.Task[None]] = set()
    stopping = asyncio.create_task(stop.wait())
    with waker.waiting() as woken:
        while not stop.is_set():
            woken.clear()
            beat()
            for claimed in await _claim(pool, config, config.at_once - len(running)):
                running.add(asyncio.create_task(_deliver_to(pool, readers, sender, config, claimed, stop)))
            waking = asyncio.create_task(woken.wait())
            await asyncio.wait(
                {stopping, waking, *running},
                timeout=config.look_every.total_seconds(),
                return_when=asyncio.FIRST_COMPLETED,
            )
            waking.cancel()
            for task in [task for task in running if task.done()]:
                running.discard(task)
                _report(task)
    if running:
        await asyncio.wait(running)
        for task in running:
            _report(task)


async def _claim(pool: Pool, config: DeliveryConfig, limit: int) -> list[Claim]:
    if limit < 1:
        return []
    try:
        async with pool.connection() as connection:
            return await deliveries.claim(connection, str(uuid4()), config.term, limit)
    except (psycopg.OperationalError, PoolTimeout) as error:
        _log.warning("nothing can be claimed now", reason=type(error).__name__)
        return []


async def _deliver_to(
    pool: Pool, readers: Readers, sender: Sender, config: DeliveryConfig, claimed: Claim, stop: asyncio.Event
) -> None:
    """Bring an endpoint what waits for it, item by item, until there is no more, it fails, or the worker stops."""
    number = claimed.delivered
    while not stop.is_set():
        try:
            reader = readers.reader(claimed.partner)
        except KeyError:
            # Whoever is no partner any more is told nothing; the place in the list is kept.
            nothing = Attempted(None, "", None, datetime.now(UTC))
            await _settle(pool, config, claimed, number, Attempt(None, "partner_unknown"), nothing)
            return
        async with pool.connection() as connection:
            entries = await lists.read(connection, claimed.line, reader, number, config.items_at_once)
            further = None if entries else await deliveries.next_epoch(connection, claimed)
        if further is not None:
            claimed, number = further, further.delivered
            continue
        if not entries:
            break
        for entry in entries:
            attempted = _attempted(claimed, entry)
            attempt = await sender.send(claimed.subscription, claimed.url, claimed.secret, entry)
            if not await _settle(pool, config, claimed, entry.number, attempt, attempted):
                return
            number = entry.number
            if stop.is_set():
                break
    async with pool.connection() as connection:
        await deliveries.release(connection, claimed)


def _attempted(claimed: Claim, entry: Entry) -> Attempted:
    item = f"{claimed.subscription}/{entry.epoch}/{entry.number}"
    return Attempted(trace_id_of(entry.traceparent), item, entry.told, datetime.now(UTC))


async def _settle(
    pool: Pool, config: DeliveryConfig, claimed: Claim, number: int, attempt: Attempt, attempted: Attempted
) -> bool:
    """Keep what came of an attempt; whether this worker still holds the endpoint and goes on with it."""
    DELIVERIES.add(1, {"istmo.outcome": "taken" if attempt.taken else attempt.reason})
    async with pool.connection() as connection, connection.transaction():
        if attempt.taken:
            return await deliveries.advance(connection, claimed, number, attempt, attempted, config.term)
        past = await deliveries.past(connection, claimed)
        if past is not None:
            step = next_step(
                attempt,
                failures=past.failures,
                failing_for=past.failing_for,
                policy=config.retry,
                jitter=config.jitter(),
            )
            await deliveries.put_off(connection, claimed, attempt, attempted, step)
    _log.info("a delivery failed", subscription=claimed.subscription, status=attempt.status, reason=attempt.reason)
    return False


def _report(task: asyncio.Task[None]) -> None:
    """Log what kept an endpoint's deliveries from being settled: the lease lapses, and they are made again."""
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("deliveries were given up", reason=repr(error))
