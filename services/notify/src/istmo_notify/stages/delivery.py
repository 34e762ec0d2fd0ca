"""Delivery: from the lists to the endpoints, in order for each, any number of workers side by side.

The database says what is due and until when a worker holds it. A worker that dies between the receiver's answer and its
commit leaves its lease to lapse; another then sends the same item again, under the same message id.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
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
from istmo_common.partners import PartnerDirectory
from istmo_common.postgres import Pool
from istmo_notify.domain.delivery import Attempt, RetryPolicy, next_step
from istmo_notify.domain.reading import Entry
from istmo_notify.store import deliveries, lists
from istmo_notify.store.deliveries import Advance, Claim
from istmo_notify.store.lists import Range
from istmo_notify.store.stage_records import Attempted
from istmo_notify.store.waking import Waker
from istmo_notify.together import Together

__all__ = ["DeliveryConfig", "Sender", "deliver"]

_log = structlog.get_logger(__name__)


class Sender(Protocol):
    """What brings one item to an endpoint."""

    async def send(self, subscription: str, url: str, secret: str, entry: Entry) -> Attempt:
        """One attempt, and what became of it; an endpoint never makes it raise."""


@dataclass(frozen=True, slots=True)
class DeliveryConfig:
    """`term` is how long an endpoint is held; it must outlast `keep_every` and the sender's timeout together."""

    retry: RetryPolicy = field(default_factory=RetryPolicy)
    at_once: int = 64
    items_at_once: int = 50
    keep_every: timedelta = timedelta(seconds=1)
    term: timedelta = timedelta(seconds=60)
    look_every: timedelta = timedelta(seconds=1)
    jitter: Callable[[], float] = random.random


async def deliver(
    pool: Pool,
    directory: PartnerDirectory,
    sender: Sender,
    waker: Waker,
    config: DeliveryConfig,
    stop: asyncio.Event,
    beat: Beat = no_beat,
) -> None:
    """Deliver what is due until `stop` is set; then let requests under way come to their end. Each look is a `beat`."""
    delivery = _Delivery(pool, directory, sender, config, stop)
    running: set[asyncio.Task[None]] = set()
    stopping = asyncio.create_task(stop.wait())
    with waker.waiting() as woken:
        while not stop.is_set():
            woken.clear()
            beat()
            for claimed in await _claim(pool, config, config.at_once - len(running)):
                running.add(asyncio.create_task(delivery.to(claimed)))
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


class _Delivery:
    """Brings to each endpoint what waits for it. What several read or have to keep at the same time goes together."""

    def __init__(
        self, pool: Pool, directory: PartnerDirectory, sender: Sender, config: DeliveryConfig, stop: asyncio.Event
    ) -> None:
        self._pool = pool
        self._directory = directory
        self._sender = sender
        self._config = config
        self._stop = stop
        self._reading = Together(self._read)
        self._keeping = Together(self._keep)

    async def to(self, claimed: Claim) -> None:
        """Bring an endpoint what waits for it, item by item, until there is no more, it fails, or the worker stops."""
        number: int | None = claimed.delivered
        while number is not None and not self._stop.is_set():
            try:
                reader = self._directory.reader(claimed.partner)
            except KeyError:
                # Whoever is no partner any more is told nothing; the place in the list is kept.
                await self._put_off(claimed, Attempt(None, "partner_unknown"))
                return
            entries = await self._reading.ask(Range(claimed.line, reader, number))
            if entries:
                number = await self._send_some(claimed, entries)
                continue
            async with self._pool.connection() as connection:
                further = await deliveries.next_epoch(connection, claimed)
            if further is None:
                break
            claimed, number = further, further.delivered
        if number is not None:
            async with self._pool.connection() as connection:
                await deliveries.release(connection, claimed)

    async def _send_some(self, claimed: Claim, entries: Sequence[Entry]) -> int | None:
        """Send entries one after the other; the number of the last, None once the endpoint is given back.

        What was taken is kept together: at the end, before a failure, and every `keep_every`, which keeps the lease
        too. With the last of a list goes the lease: what comes later is claimed anew.
        """
        unkept: list[tuple[Attempt, Attempted]] = []
        since, number = asyncio.get_running_loop().time(), claimed.delivered
        more = len(entries) == self._config.items_at_once
        for entry in entries:
            began = datetime.now(UTC)
            attempt = await self._sender.send(claimed.subscription, claimed.url, claimed.secret, entry)
            attempted = _attempted(claimed, entry, attempt, began)
            if not attempt.taken:
                if not unkept or await self._advance(claimed, number, unkept, holds=True):
                    await self._put_off(claimed, attempt, [attempted])
                return None
            unkept.append((attempt, attempted))
            number, now = entry.number, asyncio.get_running_loop().time()
            ends = self._stop.is_set() or entry is entries[-1]
            if ends or now - since >= self._config.keep_every.total_seconds():
                holds = not ends or (more and not self._stop.is_set())
                if not await self._advance(claimed, number, unkept, holds=holds) or not holds:
                    return None
                unkept, since = [], now
        return number

    async def _advance(
        self, claimed: Claim, number: int, taken: Sequence[tuple[Attempt, Attempted]], *, holds: bool
    ) -> bool:
        """Keep that everything up to `number` was taken; whether this worker still held the endpoint."""
        attempts = [attempted for _, attempted in taken]
        return await self._keeping.ask(Advance(claimed, number, taken[-1][0], attempts, holds))

    async def _read(self, ranges: Sequence[Range]) -> list[list[Entry]]:
        async with self._pool.connection() as connection:
            return await lists.read_several(connection, ranges, self._directory, self._config.items_at_once)

    async def _keep(self, advances: Sequence[Advance]) -> list[bool]:
        DELIVERIES.add(sum(len(one.attempts) for one in advances), {"istmo.outcome": "taken"})
        async with self._pool.connection() as connection:
            return await deliveries.advance(connection, advances, self._config.term)

    async def _put_off(self, claimed: Claim, attempt: Attempt, attempts: Sequence[Attempted] = ()) -> None:
        """Keep that an attempt failed (where nothing could be sent, without a record), and give the endpoint back."""
        DELIVERIES.add(1, {"istmo.outcome": attempt.reason})
        async with self._pool.connection() as connection, connection.transaction():
            past = await deliveries.past(connection, claimed)
            if past is not None:
                step = next_step(
                    attempt,
                    failures=past.failures,
                    failing_for=past.failing_for,
                    policy=self._config.retry,
                    jitter=self._config.jitter(),
                )
                await deliveries.put_off(connection, claimed, attempt, attempts, step)
        _log.info("a delivery failed", subscription=claimed.subscription, status=attempt.status, reason=attempt.reason)


def _attempted(claimed: Claim, entry: Entry, attempt: Attempt, began: datetime) -> Attempted:
    item = f"{claimed.subscription}/{entry.epoch}/{entry.number}"
    outcome = ("taken" if attempt.taken else f"failed: {attempt.reason}") + f", {attempt.status or 'no answer'}"
    return Attempted(trace_id_of(entry.traceparent), item, entry.told, began, datetime.now(UTC), outcome)


def _report(task: asyncio.Task[None]) -> None:
    """Log what kept an endpoint's deliveries from being settled: the lease lapses, and they are made again."""
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("deliveries were given up", reason=repr(error))
