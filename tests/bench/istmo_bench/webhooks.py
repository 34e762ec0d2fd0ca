"""Webhooks on one core: 64 endpoints that each have a list to be brought, beside a bare aiohttp sender, 64 at once.

The rate is from the first arrival to the last, so that starting counts for nobody.
"""

from typing import Final

from istmo_bench.cores import measured
from istmo_bench.grounds import Grounds, Site
from istmo_bench.measures import Measure
from istmo_bench.receiving import Receiver, receiving
from istmo_common.kafka.producer import Outgoing
from istmo_notify_samples import outcome, partner, sent_partner, sent_programme
from istmo_notify_samples.bench import Bench, open_bench

__all__ = ["measure_webhooks"]

_SECONDS: Final = 240.0
_BATCH: Final = 50


async def measure_webhooks(grounds: Grounds, *, endpoints: int, items: int, rounds: int) -> list[Measure]:
    """`webhooks`, in deliveries per second."""
    async with receiving() as collector, receiving(keep_bodies=True) as receiver:
        site = grounds.site(collector.url)
        partners = [partner(f"bench-{number}", f"XI-BENCH-{number}") for number in range(endpoints)]
        await site.prepare(sent_partner(one) for one in partners)
        async with open_bench(grounds.postgres, site.schema_prefix) as bench:
            await bench.partners(*partners)
            for one in partners:
                await _subscribe(bench, one.id, receiver.url)
            taken = []
            for number in range(rounds + 1):
                await _fill(bench, items, number)
                ours = await _deliver(site, receiver, endpoints * items)
                taken.append((ours, await _send(receiver, endpoints * items, endpoints)))
    return [Measure.of_rounds("webhooks", taken[1:], "deliveries/s", 0.2)]


async def _subscribe(bench: Bench, partner_id: str, url: str) -> None:
    async with bench.client(partner_id) as client:
        form = {"channel": {"kind": "webhook", "url": f"{url}/{partner_id}"}, "filter": {}}
        (await client.post("/v1/subscriptions", json=form)).raise_for_status()


async def _fill(bench: Bench, items: int, round_: int) -> None:
    """Put so many items into every list, and take out how far the made-up log was read: the worker reads a real one."""
    names = [f"p-{round_}-{number}" for number in range(items)]
    for start in range(0, items, _BATCH):
        await bench.take(*(_programme(name) for name in names[start : start + _BATCH]))
    await bench.leave_log()


def _programme(name: str) -> Outgoing:
    return sent_programme(name, 1, outcome(name, ("XI-BENCH", name), title=f"Patrullas {name}"))


async def _deliver(site: Site, receiver: Receiver, count: int) -> float:
    receiver.clear()
    with measured("istmo_notify", "worker", environment=site.environment()):
        await receiver.wait_for(count, _SECONDS)
    # The verify phase: every item of every list came, and none twice.
    assert len(set(receiver.bodies)) == len(receiver.bodies) == count
    return receiver.per_second


async def _send(receiver: Receiver, count: int, at_once: int) -> float:
    size = sum(map(len, receiver.bodies)) // len(receiver.bodies)
    receiver.clear()
    arguments = (f"{receiver.url}/bare", str(count), str(at_once), str(size))
    with measured("istmo_bench.references.sending", *arguments):
        await receiver.wait_for(count, _SECONDS)
    return receiver.per_second
