"""POST, on one core: ingest with keys, accepted ids, validation and traces on, beside bare Starlette with aiokafka."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from istmo_bench.cores import Measured, measured
from istmo_bench.grounds import Grounds, Site, make_topics
from istmo_bench.load import Answers, post_request, run_load
from istmo_bench.measures import Measure
from istmo_bench.receiving import receiving
from istmo_bench.reports import BATCHED, ORGANISATION, STRUCTURED, reports
from istmo_notify_samples import authorization, partner, sent_partner
from istmo_stack.admin import is_ready
from istmo_stack.ports import free_port

__all__ = ["measure_posting"]

_PARTNER: Final = "bench"
_BATCH: Final = 100
_BARE_TOPIC: Final = "bare"


@dataclass(frozen=True, slots=True)
class _Target:
    """A server under load. It takes events at `path`; a single one as `content_type`, a batch as `batch_path`."""

    server: Measured
    port: int
    single: str
    batch: str
    headers: dict[str, str]

    async def take(self, name: str, count: int, connections: int, batch: int) -> tuple[float, float]:
        """Post `count` events; events per second, and CPU microseconds of each. Raises unless all were accepted."""
        requests = list(self._requests(name, count, batch))
        before = self.server.cpu_seconds()
        answers = await run_load(self.port, requests, connections)
        spent = self.server.cpu_seconds_since(before)
        _all_accepted(answers, len(requests))
        return count / answers.seconds, spent / count * 1e6

    def _requests(self, name: str, count: int, batch: int) -> Iterator[bytes]:
        events = list(reports(name, count))
        if batch == 1:
            for number, event in enumerate(events):
                key = json.dumps([ORGANISATION, f"{ORGANISATION}-{name}-{number}"])
                yield post_request(self.single, event, content_type=STRUCTURED, x_key=key, **self.headers)
        for start in range(0, count, batch) if batch > 1 else ():
            body = b"[" + b",".join(events[start : start + batch]) + b"]"
            yield post_request(self.batch, body, content_type=BATCHED, **self.headers)


def _all_accepted(answers: Answers, count: int) -> None:
    assert answers.statuses == Counter({202: count}), f"of {count} requests: {dict(answers.statuses)}"


async def measure_posting(grounds: Grounds, *, singles: int, batched: int, rounds: int) -> list[Measure]:
    """post-single (48 connections) and post-batch (batches of 100, 8 connections), in events per second, and CPU."""
    async with receiving() as collector:
        site = grounds.site(collector.url)
        await site.prepare([sent_partner(partner(_PARTNER, ORGANISATION))])
        await make_topics(grounds.kafka, site.topic_prefix + _BARE_TOPIC)
        with _targets(grounds, site) as (ours, bare):
            single = await _alternate(ours, bare, singles, 48, 1, rounds)
            batch = await _alternate(ours, bare, batched, 8, _BATCH, rounds)
        # The verify phase: what was acknowledged is in the log, and the spans went out.
        for topic in ("activities", _BARE_TOPIC):
            assert await site.records_in(topic) == (rounds + 1) * (singles + batched), topic
        assert collector.count > 0, "no telemetry came"
    return [*_told("post-single", single), *_told("post-batch", batch)]


@contextmanager
def _targets(grounds: Grounds, site: Site) -> Iterator[tuple[_Target, _Target]]:
    port, bare_port = free_port(), free_port()
    with ExitStack() as stack:
        ours = stack.enter_context(
            measured(
                "istmo_ingest",
                "api",
                environment=site.environment(ISTMO_PORT=str(port)),
                port=port,
                ready=lambda: is_ready(f"http://127.0.0.1:{port}"),
            )
        )
        topic = site.topic_prefix + _BARE_TOPIC
        bare = stack.enter_context(
            measured("istmo_bench.references.posting", grounds.kafka, topic, str(bare_port), port=bare_port)
        )
        yield (
            _Target(ours, port, "/v1/events", "/v1/events", authorization(_PARTNER)),
            _Target(bare, bare_port, "/single", "/batch", {}),
        )


_Round = tuple[tuple[float, float], tuple[float, float]]


async def _alternate(
    ours: _Target, bare: _Target, count: int, connections: int, batch: int, rounds: int
) -> list[_Round]:
    """Rounds of ((rate, CPU) of the platform, (rate, CPU) of the bare form); the first, which warms up, is left out."""
    return [
        (
            await ours.take(f"{batch}-{number}", count, connections, batch),
            await bare.take(f"{batch}-{number}", count, connections, batch),
        )
        for number in range(rounds + 1)
    ][1:]


def _told(name: str, rounds: list[_Round]) -> list[Measure]:
    rates = [(ours[0], bare[0]) for ours, bare in rounds]
    costs = [(ours[1], bare[1]) for ours, bare in rounds]
    return [
        Measure.of_rounds(name, rates, "events/s", 0.45),
        Measure.of_rounds(f"{name}-cpu", costs, "µs/event", lower_is_better=True),
    ]
