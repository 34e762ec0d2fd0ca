"""From a POST to the webhook that tells of it, at a steady pace, beside the bare chain at the same pace.

The time is counted from when a report was due to be posted, so that one that waits its turn is not forgiven its wait.
The processes of both forms may use all cores; what loads and serves them keeps to its own.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

import aiohttp
import psycopg

from istmo_bench.cores import Measured, measured
from istmo_bench.grounds import Grounds, Site, make_topics
from istmo_bench.measures import Measure, percentile
from istmo_bench.receiving import Receiver, receiving
from istmo_bench.references.chain import TABLES
from istmo_bench.reports import ORGANISATION, STRUCTURED, reports
from istmo_notify_samples import authorization, partner, sent_partner
from istmo_notify_samples.bench import open_bench
from istmo_stack.admin import is_ready
from istmo_stack.ports import free_port

__all__ = ["measure_chain"]

_PARTNER: Final = "bench"
_ACTIVITY: Final = re.compile(rb'"activity":"' + ORGANISATION.encode() + rb'-([a-z0-9]+-[0-9]+)"')
_SECONDS: Final = 120.0
_WARM_UP: Final = "w"
_FURTHER: Final = 5
_FOLDING: Final = ("fold", "match", "resolve")
_WORKERS: Final = (
    ("istmo_registry", "fold"),
    ("istmo_registry", "match"),
    ("istmo_registry", "resolve"),
    ("istmo_registry", "relay"),
    ("istmo_notify", "worker"),
)


@dataclass(frozen=True, slots=True)
class _Chain:
    """A running chain: where reports go in, and where they come out."""

    url: str
    headers: dict[str, str]
    receiver: Receiver
    processes: dict[str, Measured]

    async def latencies(self, name: str, count: int, per_second: float, transactions: int = 1) -> list[float]:
        """Milliseconds from each report's turn to its webhook. Raises TimeoutError where one does not come."""
        self.receiver.clear()
        due = await self._post(list(reports(name, count, transactions)), name, per_second)
        arrived: dict[str, float] = {}
        async with asyncio.timeout(_SECONDS):
            looked = 0
            while len(arrived) < count:
                await self.receiver.wait_for(looked + 1, _SECONDS)
                for body, moment in zip(self.receiver.bodies[looked:], self.receiver.times[looked:], strict=True):
                    found = _ACTIVITY.search(body)
                    if found is not None and found.group(1).decode() in due:
                        arrived.setdefault(found.group(1).decode(), moment)
                looked = self.receiver.count
        return [(arrived[activity] - moment) * 1000 for activity, moment in due.items()]

    def cpu_seconds(self) -> dict[str, float]:
        """CPU time of each process so far."""
        return {name: process.cpu_seconds() for name, process in self.processes.items()}

    def cost(self, name: str, before: dict[str, float], count: int) -> float:
        """CPU microseconds of a process for each of `count` reports."""
        return self.processes[name].cpu_seconds_since(before[name]) / count * 1e6

    async def _post(self, bodies: Sequence[bytes], name: str, per_second: float) -> dict[str, float]:
        due: dict[str, float] = {}
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64)) as session,
            asyncio.TaskGroup() as posting,
        ):
            begin = time.perf_counter()
            for number, body in enumerate(bodies):
                moment = due[f"{name}-{number}"] = begin + number / per_second
                await asyncio.sleep(max(0.0, moment - time.perf_counter()))
                posting.create_task(self._post_one(session, name, number, body))
        return due

    async def _post_one(self, session: aiohttp.ClientSession, name: str, number: int, body: bytes) -> None:
        key = json.dumps([ORGANISATION, f"{ORGANISATION}-{name}-{number}"])
        headers = {"content-type": STRUCTURED, "x-key": key, **self.headers}
        async with session.post(self.url, data=body, headers=headers) as response:
            assert response.status == 202, await response.text()


async def measure_chain(grounds: Grounds, *, count: int, per_second: float, rounds: int) -> list[Measure]:
    """`post-to-webhook-p50` and `-p99` in milliseconds; CPU of each process for a report, and its memory.

    The CPU stands beside that of the bare worker, which commits the same report and sends it on.
    """
    async with receiving() as collector, AsyncExitStack() as stack:
        ours = await stack.enter_async_context(_ours(grounds.site(collector.url)))
        bare = await stack.enter_async_context(_bare(grounds, grounds.site(collector.url)))
        for chain in (ours, bare):
            await chain.latencies(_WARM_UP, max(1, count // 4), per_second)
        spent = ours.cpu_seconds(), bare.cpu_seconds()
        taken = [
            (
                await ours.latencies(f"r{number}", count, per_second),
                await bare.latencies(f"r{number}", count, per_second),
            )
            for number in range(rounds)
        ]
        costs = [(name, ours.cost(name, spent[0], count * rounds)) for name in ours.processes]
        bare_cost = bare.cost("worker", spent[1], count * rounds)
        added = await _cost_of_transactions(ours, bare, count, per_second, dict(costs), bare_cost)
        memory = [(name, process.memory_bytes() / 1e6) for name, process in ours.processes.items()]
    return [
        *(
            Measure.of_rounds(
                f"post-to-webhook-p{percent}",
                [(percentile(ours, percent), percentile(bare, percent)) for ours, bare in taken],
                "ms",
                goal,
                lower_is_better=True,
            )
            for percent, goal in ((50, 10.0), (99, 20.0))
        ),
        *(Measure(f"{name}-cpu", cost, bare_cost, "µs/report", lower_is_better=True) for name, cost in costs),
        *added,
        *(Measure(f"memory-{name}", megabytes, None, "MB") for name, megabytes in memory),
    ]


async def _cost_of_transactions(
    ours: _Chain, bare: _Chain, count: int, per_second: float, costs: Mapping[str, float], bare_cost: float
) -> list[Measure]:
    """CPU of a stage for each further transaction: what reports with more of them cost beyond the others."""
    spent = ours.cpu_seconds(), bare.cpu_seconds()
    for chain in (ours, bare):
        await chain.latencies("t", count, per_second / 2, 1 + _FURTHER)
    reference = (bare.cost("worker", spent[1], count) - bare_cost) / _FURTHER
    return [
        Measure(
            f"{name}-transaction-cpu",
            (ours.cost(name, spent[0], count) - costs[name]) / _FURTHER,
            reference,
            "µs/transaction",
            lower_is_better=True,
        )
        for name in _FOLDING
    ]


@asynccontextmanager
async def _ours(site: Site) -> AsyncIterator[_Chain]:
    stated = partner(_PARTNER, ORGANISATION)
    await site.prepare([sent_partner(stated)])
    port = free_port()
    async with AsyncExitStack() as stack:
        receiver = await stack.enter_async_context(receiving(keep_bodies=True))
        async with open_bench(site.grounds.postgres, site.schema_prefix) as bench:
            await bench.partners(stated)
            async with bench.client(_PARTNER) as client:
                form = {"channel": {"kind": "webhook", "url": receiver.url}, "filter": {}}
                (await client.post("/v1/subscriptions", json=form)).raise_for_status()
            await bench.leave_log()
        environment = site.environment(ISTMO_PORT=str(port))
        processes = {
            role if package == "istmo_registry" else "notify-worker": stack.enter_context(
                measured(package, role, environment=environment, alone=False)
            )
            for package, role in _WORKERS
        }
        processes["ingest"] = stack.enter_context(
            measured(
                "istmo_ingest",
                "api",
                environment=environment,
                port=port,
                ready=lambda: is_ready(f"http://127.0.0.1:{port}"),
                alone=False,
            )
        )
        yield _Chain(f"http://127.0.0.1:{port}/v1/events", authorization(_PARTNER), receiver, processes)


@asynccontextmanager
async def _bare(grounds: Grounds, site: Site) -> AsyncIterator[_Chain]:
    port, source, target = free_port(), f"{site.name}-in", f"{site.name}-out"
    await make_topics(grounds.kafka, source, target)
    with psycopg.connect(grounds.postgres, autocommit=True) as connection:
        connection.execute(TABLES)
    async with AsyncExitStack() as stack:
        receiver = await stack.enter_async_context(receiving(keep_bodies=True))
        module = "istmo_bench.references.chain"
        keeping = ("worker", grounds.kafka, source, target, grounds.postgres)
        worker = stack.enter_context(measured(module, *keeping, alone=False))
        stack.enter_context(measured(module, "sender", grounds.kafka, target, receiver.url, alone=False))
        posting = ("istmo_bench.references.posting", grounds.kafka, source, str(port))
        stack.enter_context(measured(*posting, port=port, alone=False))
        yield _Chain(f"http://127.0.0.1:{port}/single", {}, receiver, {"worker": worker})
