"""The way of alerts into the log: nothing lost while it is away, and one worker at a time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from istmo_common.errors import BrokerUnavailable, LogError
from istmo_common.events.alerts import AlertComposed
from istmo_common.events.envelope import CloudEvent
from istmo_common.kafka.producer import Acknowledged, Outgoing
from istmo_notify.stages.relay import relay
from istmo_notify_samples import duplicate, oddity, partner, sent_finding, side
from istmo_notify_samples.bench import Bench, until

pytestmark = pytest.mark.stack

TRACEPARENT = f"00-{'a' * 32}-{'b' * 16}-01"


@dataclass
class FakeLog:
    """A log in memory; while it is `away` it takes nothing."""

    away: bool = False
    taken: list[Outgoing] = field(default_factory=list)

    async def send_many(self, outgoing: Sequence[Outgoing]) -> list[Acknowledged | LogError]:
        """Take all, or none."""
        if self.away:
            return [BrokerUnavailable("away") for _ in outgoing]
        self.taken += outgoing
        return [Acknowledged(0, len(self.taken)) for _ in outgoing]

    def alerts(self) -> list[AlertComposed]:
        """What was taken, read as the topic's readers do."""
        events = [CloudEvent.from_headers(one.headers, one.value) for one in self.taken]
        return [AlertComposed.model_validate_json(event.data) for event in events]


@asynccontextmanager
async def relaying(bench: Bench, log: FakeLog) -> AsyncIterator[None]:
    stop = asyncio.Event()
    work = asyncio.create_task(relay(bench.pool, log, bench.waker, stop))
    try:
        yield
    finally:
        stop.set()
        await work


async def waiting(bench: Bench) -> int:
    async with bench.pool.connection() as connection:
        row = await (await connection.execute("SELECT count(*) FROM outbox")).fetchone()
    assert row is not None
    return int(row[0])


async def test_alerts_wait_for_the_log_and_come_in_order(bench: Bench) -> None:
    """While the log is away alerts are kept, and when it is back each is published once, in the order of its life."""
    await bench.partners(partner("pa", "XA"), partner("pb", "XB"))
    log = FakeLog(away=True)
    async with relaying(bench, log):
        for score in ("1", "2", "3"):
            found = duplicate(int(score), side(("XA", "a1")), side(("XB", "b1")), score=score)
            await bench.take(sent_finding(found, traceparent=TRACEPARENT))
        await asyncio.sleep(0.3)
        assert 6 == await waiting(bench)
        log.away = False

        async def sent() -> bool:
            return await waiting(bench) == 0

        await until(sent)
    told = [(alert.recipient, alert.revision) for alert in log.alerts()]
    assert [("pa", 1), ("pa", 2), ("pa", 3)] == [one for one in told if one[0] == "pa"]
    assert [("pb", 1), ("pb", 2), ("pb", 3)] == [one for one in told if one[0] == "pb"]
    assert {TRACEPARENT.encode()} == {dict(one.headers)["traceparent"] for one in log.taken}


async def test_one_worker_sends_at_a_time(bench: Bench) -> None:
    """Of several workers one publishes, so that no alert overtakes its own update."""
    await bench.partners(partner("pa", "XA"))
    first, second = FakeLog(), FakeLog()
    async with relaying(bench, first):
        await bench.take(sent_finding(oddity(1, "id-conflict", side(("XA", "a1")))))

        async def sent() -> bool:
            return len(first.taken) == 1

        await until(sent)
        async with relaying(bench, second):
            for number in range(2, 12):
                await bench.take(sent_finding(oddity(1, "id-conflict", side(("XA", f"a{number}")))))

            async def empty() -> bool:
                return await waiting(bench) == 0

            await until(empty)
    assert (11, 0) == (len(first.taken), len(second.taken))
