"""Server-sent events on one core: 1,000 readers on 20 lists, beside bare Starlette with one shared frame.

Events are committed one by one. A delivery is one event that reached one reader; the rate is by the CPU time of the
serving process, so that neither the feeding nor the reading, which need the other core, can be what is measured.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from istmo_bench.cores import Measured, measured
from istmo_bench.grounds import Grounds, Site
from istmo_bench.load import post_request, run_load
from istmo_bench.measures import Measure
from istmo_bench.readers import Readers, reading
from istmo_bench.receiving import receiving
from istmo_notify_samples import authorization, outcome, partner, sent_partner, sent_programme
from istmo_notify_samples.bench import Bench, open_bench
from istmo_stack.admin import is_ready
from istmo_stack.ports import free_port

__all__ = ["measure_streaming"]

_ITEM: Final = b"event: programme."
_SECONDS: Final = 120.0
_AHEAD: Final = 4
"""So many events may be on their way at once."""


@dataclass(slots=True)
class _Ours:
    """Notify's API under measure, its lists fed by hand."""

    bench: Bench
    server: Measured
    readers: Readers
    readers_count: int
    told: int = 0

    async def deliver(self, events: int) -> tuple[float, float]:
        """Commit so many events; deliveries per CPU second, and bytes of each."""
        before, bytes_before = self.server.cpu_seconds(), self.readers.bytes
        for _ in range(events):
            self.told += 1
            name = f"p-{self.told}"
            await self.bench.take(sent_programme(name, 1, outcome(name, ("XI-BENCH", name), title=f"Patrullas {name}")))
            await self.readers.wait_for((self.told - _AHEAD) * self.readers_count, _SECONDS)
        await self.readers.wait_for(self.told * self.readers_count, _SECONDS)
        assert self.readers.events == self.told * self.readers_count, "an event came twice"
        deliveries = events * self.readers_count
        size = (self.readers.bytes - bytes_before) / deliveries
        return deliveries / self.server.cpu_seconds_since(before), size


async def measure_streaming(grounds: Grounds, *, readers: int, views: int, events: int, rounds: int) -> list[Measure]:
    """`sse`, in deliveries per second of one core, and the memory of a reader."""
    async with receiving() as collector:
        site = grounds.site(collector.url)
        partners = [partner(f"bench-{number}", f"XI-BENCH-{number}") for number in range(views)]
        await site.prepare(sent_partner(one) for one in partners)
        async with open_bench(grounds.postgres, site.schema_prefix) as bench:
            await bench.partners(*partners)
            streams = [await _subscribe(bench, one.id) for one in partners]
            async with _ours(site, bench, streams, readers) as ours:
                _, size = await ours.deliver(events)
                async with _bare(views, round(size), readers) as (bare_port, bare, listeners):
                    taken = []
                    for _ in range(rounds + 1):
                        ours_rate, _ = await ours.deliver(events)
                        taken.append((ours_rate, await _publish(bare_port, bare, listeners, events, readers)))
    return [Measure.of_rounds("sse", taken[1:], "deliveries/CPU s", 0.8)]


async def _subscribe(bench: Bench, partner_id: str) -> tuple[str, dict[str, str]]:
    async with bench.client(partner_id) as client:
        answer = await client.post("/v1/subscriptions", json={"channel": {"kind": "sse"}, "filter": {}})
        answer.raise_for_status()
        made: dict[str, Any] = answer.json()
    return f"/v1/subscriptions/{made['id']}/stream", authorization(partner_id)


@asynccontextmanager
async def _ours(
    site: Site, bench: Bench, streams: list[tuple[str, dict[str, str]]], readers: int
) -> AsyncIterator[_Ours]:
    port = free_port()
    chosen = [streams[number % len(streams)] for number in range(readers)]
    with measured(
        "istmo_notify",
        "api",
        environment=site.environment(ISTMO_PORT=str(port), ISTMO_NOTIFY_HEARTBEAT="PT300S"),
        port=port,
        ready=lambda: is_ready(f"http://127.0.0.1:{port}"),
    ) as server:
        async with reading(port, [path for path, _ in chosen], [key for _, key in chosen], _ITEM) as opened:
            yield _Ours(bench, server, opened, readers)


@asynccontextmanager
async def _bare(views: int, size: int, readers: int) -> AsyncIterator[tuple[int, Measured, Readers]]:
    port = free_port()
    with measured("istmo_bench.references.streaming", str(views), str(size), str(port), port=port) as server:
        paths = [f"/{number % views}" for number in range(readers)]
        async with reading(port, paths, [{} for _ in paths], _ITEM) as opened:
            yield port, server, opened


async def _publish(port: int, server: Measured, listeners: Readers, events: int, readers: int) -> float:
    before, had = server.cpu_seconds(), listeners.events
    publishing = asyncio.create_task(run_load(port, [post_request(f"/publish?events={events}", b"")], 1))
    await listeners.wait_for(had + events * readers, _SECONDS)
    await publishing
    return events * readers / server.cpu_seconds_since(before)
