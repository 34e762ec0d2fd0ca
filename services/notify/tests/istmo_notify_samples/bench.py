"""Notify on a real PostgreSQL, fed by hand: what the log would bring is taken in at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from itertools import count
from typing import Any, Final

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from istmo_common.access import Access
from istmo_common.events.envelope import CloudEvent
from istmo_common.http_server import serve
from istmo_common.kafka.batches import Batch, Move, Partition, Position, RawRecord, Record
from istmo_common.kafka.producer import Outgoing
from istmo_common.partners import PartnerDirectory, PartnerRecord
from istmo_common.postgres import Pool, open_pool
from istmo_common.watching import Watching
from istmo_notify.api.application import Parts, application
from istmo_notify.api.streaming import Streams
from istmo_notify.api.subscriptions import Subscribing
from istmo_notify.channels.tails import Tails
from istmo_notify.channels.webhook import open_sender
from istmo_notify.domain.delivery import RetryPolicy
from istmo_notify.feeds import Feeds
from istmo_notify.preparing import prepare_lists
from istmo_notify.settings import NotifySettings
from istmo_notify.stages.delivery import DeliveryConfig, deliver
from istmo_notify.stages.intake import take_in
from istmo_notify.stages.messages import Message, read_message
from istmo_notify.store.waking import Waker
from istmo_notify_samples import ADMIN_KEY_SHA256, authorization, record, sent_partner
from istmo_stack.ports import free_port

__all__ = ["QUICK", "Bench", "accepts", "open_bench", "until"]


QUICK: Final = DeliveryConfig(
    retry=RetryPolicy(timedelta(seconds=0.05), timedelta(seconds=0.4), timedelta(days=5)), jitter=lambda: 0.0
)
"""Quick retries, without jitter."""


@dataclass
class Bench:
    """The API over real tables, and the intake of made-up records. Ids and secrets are counted, not drawn."""

    settings: NotifySettings
    pool: Pool
    waker: Waker
    tails: Tails
    stop: asyncio.Event
    """Ends the streams, for ever."""
    directory: PartnerDirectory = field(default_factory=PartnerDirectory)
    most_subscriptions: int = 5
    _offsets: Counter[Partition] = field(default_factory=Counter)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    async def take(self, *sent: Outgoing) -> None:
        """Take records in, in this order, as one batch."""
        raws = [self._append(one) for one in sent]
        records: tuple[Record[Message], ...] = tuple(Record.of(raw, read_message(raw)) for raw in raws)
        await take_in(self.pool, Batch(records, self._moves(raws)))

    def forget_positions(self) -> None:
        """Go on as a worker that does not know how far others have read."""
        self._offsets.clear()

    async def leave_log(self) -> None:
        """Forget how far the made-up log was read, in the tables too: a worker can go on with a real one."""
        async with self.pool.connection() as connection:
            await connection.execute("DELETE FROM offsets")
        self.forget_positions()

    def admit(self, *records: PartnerRecord) -> None:
        """Have these partners in the directory of the API, which is ahead of what was taken in."""
        for one in records:
            sent = sent_partner(one)
            self.directory.apply(sent.key, CloudEvent.from_headers(sent.headers, sent.value))
        self.directory.caught_up.set()

    async def partners(self, *records: PartnerRecord) -> None:
        """Have these partners in the directory of the API, and taken in."""
        self.admit(*records)
        await self.take(*(sent_partner(one) for one in records))

    @cached_property
    def streams(self) -> Streams:
        """The streams of the application, with heartbeats that a test can wait for."""
        return Streams(self.tails, self.stop, heartbeat_seconds=0.2, most=50)

    @cached_property
    def app(self) -> FastAPI:
        """The application."""

        async def health() -> dict[str, bool]:
            return {"tables": True, "partners": self.directory.caught_up.is_set()}

        async def ends() -> dict[Partition, int]:
            return {}

        feeds = Feeds(self.pool, self.directory)
        parts = Parts(
            pool=self.pool,
            feeds=feeds,
            streams=self.streams,
            subscribing=Subscribing(
                self.pool,
                self.most_subscriptions,
                allow_loopback=True,
                new_id=lambda: f"sub_{next(self._numbers):032x}",
                new_secret=lambda: "whsec_" + "c2VjcmV0" * 4,
            ),
            access=Access(self.directory, ADMIN_KEY_SHA256),
            health=health,
            watching=Watching(ends),
        )
        return application(parts)

    def client(self, partner_id: str | None = None, **options: Any) -> httpx.AsyncClient:
        """A client in this process, as a partner or as the public."""
        headers = {} if partner_id is None else authorization(partner_id)
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://notify", headers=headers, **options)

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """The API on a port of its own; its address."""
        port, stop = free_port(), asyncio.Event()
        serving = asyncio.create_task(serve(self.app, "127.0.0.1", port, stop))
        try:
            await until(lambda: accepts(port))
            yield f"http://127.0.0.1:{port}"
        finally:
            stop.set()
            await serving

    @asynccontextmanager
    async def delivering(self, *, timeout_seconds: float = 2.0, config: DeliveryConfig = QUICK) -> AsyncIterator[None]:
        """A delivery worker."""
        stop = asyncio.Event()
        async with open_sender(allow_loopback=True, timeout_seconds=timeout_seconds) as sender:
            work = asyncio.create_task(deliver(self.pool, self.directory, sender, self.waker, config, stop))
            try:
                yield
            finally:
                stop.set()
                await work

    def _append(self, sent: Outgoing) -> RawRecord:
        partition = Partition(sent.topic, 0)
        self._offsets[partition] += 1
        return record(sent, self._offsets[partition] - 1)

    def _moves(self, raws: list[RawRecord]) -> tuple[Move, ...]:
        first: dict[Partition, int] = {}
        last: dict[Partition, int] = {}
        for raw in raws:
            first.setdefault(raw.partition, raw.offset)
            last[raw.partition] = raw.offset
        return tuple(
            Move(partition, first[partition] or None, Position(last[partition] + 1, None, "log")) for partition in first
        )


@asynccontextmanager
async def open_bench(url: str, schema_prefix: str) -> AsyncIterator[Bench]:
    """A bench on tables of its own."""
    settings = NotifySettings(postgres_url=SecretStr(url), schema_prefix=schema_prefix)
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(url, settings.schema_name, max_size=8, autocommit=True))
        waker = Waker()
        stop = asyncio.Event()
        tails = Tails(pool, waker, stop)
        bench = Bench(settings, pool, waker, tails, stop)
        await prepare_lists(settings, pool, bench.stop)
        tasks = [asyncio.create_task(waker.listen(url, settings.schema_name)), asyncio.create_task(tails.run())]
        try:
            yield bench
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 10.0) -> None:
    """Wait until `condition` holds. Raises TimeoutError after `seconds`."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - a test looks from outside, as a user does
            await asyncio.sleep(0.05)


async def accepts(port: int) -> bool:
    """Whether something listens on a port of this machine."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
