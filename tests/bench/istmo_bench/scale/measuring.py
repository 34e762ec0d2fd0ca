"""One registry of a given size: laid down, more reported to it, and what that cost."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import permutations
from random import Random
from statistics import fmean
from typing import Final

import psycopg
from psycopg.conninfo import make_conninfo

from istmo_bench.grounds import Grounds, Site
from istmo_bench.measures import Measure, percentile
from istmo_bench.scale.bare import drain_bare
from istmo_bench.scale.copying import Connection
from istmo_bench.scale.draining import STAGES, Drained, draining, schema_of
from istmo_bench.scale.laying import lay
from istmo_bench.scale.looking import candidates_of, match_times, recall, row_ids, sizes
from istmo_bench.scale.reports import activity_event, transaction_events
from istmo_bench.scale.works import Telling, tellings
from istmo_common.events.envelope import CloudEvent
from istmo_common.postgres import migrate, open_pool
from istmo_registry.domain.ids import ActivityId
from istmo_registry.stages.running import Runner
from istmo_registry.workers import MIGRATIONS

__all__ = ["Size", "measure_size"]

_SEED: Final = "scale"
_TABLES: Final = ("blocking_keys", "key_counts", "activities", "transactions", "entries", "pairs")
_TIMED: Final = 300
_DRAINED: Final = 1_500.0
_AFFORDED: Final = 8_000.0
"""What two cores have for an activity and its five transactions at so many reports a second, in microseconds."""


@dataclass(frozen=True, slots=True)
class Size:
    """`laid` activities are there; `more` come with their transactions, `alone` without, after `warming` others."""

    laid: int
    more: int = 2_000
    alone: int = 500
    warming: int = 100

    @property
    def name(self) -> str:
        """As figures are named after it."""
        return f"{self.laid // 1000}k" if self.laid % 1000 == 0 else str(self.laid)


class _World:
    """The works of one size: what is laid and what comes later, which is strewn over all of them."""

    def __init__(self, size: Size) -> None:
        self._size = size
        later = size.warming + size.alone + size.more
        self._most = size.laid + later
        chosen = Random(_SEED).sample(range(self._most), later)
        self._later = dict(zip(chosen, range(later), strict=True))
        self._works: dict[str, list[ActivityId]] = defaultdict(list)
        self._coming: dict[int, Telling] = {}

    def laid(self) -> Iterator[CloudEvent]:
        """Reports to be laid down, each with its list of transactions; who tells of which work is noted on the way."""
        for number, telling in enumerate(tellings(_SEED, self._most)):
            self._works[telling.work].append(_name(telling))
            if number in self._later:
                self._coming[self._later[number]] = telling
            else:
                yield activity_event(telling, listed=True)

    def coming(self) -> tuple[list[Telling], list[Telling], list[Telling]]:
        """What warms up, what comes alone, and what comes with transactions. Known once everything is laid."""
        ordered = [self._coming[place] for place in range(len(self._coming))]
        first, second = self._size.warming, self._size.warming + self._size.alone
        return ordered[:first], ordered[first:second], ordered[second:]

    def same(self, names: Sequence[ActivityId]) -> list[tuple[ActivityId, ActivityId]]:
        """Every pair that is the same work, from each end that is among these."""
        looked_up = set(names)
        return [
            (one, other)
            for together in self._works.values()
            for one, other in permutations(together, 2)
            if one in looked_up
        ]


async def measure_size(grounds: Grounds, collector: str, size: Size, processes: int) -> list[Measure]:
    """Everything about one size; first `…-whole-cpu`, what an activity with its transactions costs in all stages."""
    site, world = grounds.site(collector), _World(size)
    await site.prepare([])
    async with _registry(site) as control:
        lay(grounds.postgres, schema_of(site), world.laid(), site.handle_key.encode(), processes)
        warming, alone, more = world.coming()
        with draining(site, control) as stages:
            await stages.drain([activity_event(telling, listed=False) for telling in warming])
            single = await stages.drain([activity_event(telling, listed=False) for telling in alone])
            whole = await stages.drain([event for telling in more for event in _events(telling)])
        bare = await drain_bare(site, control, [event for telling in more for event in _events(telling)])
        return [
            *_costs(size, single, whole, bare),
            *await _matching(size, site, control, world, [_name(telling) for telling in more]),
            *_sizes(size, control),
        ]


@asynccontextmanager
async def _registry(site: Site) -> AsyncIterator[Connection]:
    """An empty registry, and a connection that looks into it."""
    url, schema = site.grounds.postgres, schema_of(site)
    async with open_pool(url, schema, max_size=1) as pool:
        await migrate(pool, schema, MIGRATIONS)
    with psycopg.connect(make_conninfo(url, options=f"-c search_path={schema}"), autocommit=True) as control:
        yield control
        control.execute(f"DROP SCHEMA {schema} CASCADE".encode())


def _events(telling: Telling) -> Iterator[CloudEvent]:
    yield activity_event(telling, listed=False)
    yield from transaction_events(telling)


def _name(telling: Telling) -> ActivityId:
    return ActivityId(telling.by.identifier, telling.activity)


def _costs(size: Size, single: Drained, whole: Drained, bare: tuple[float, float]) -> Iterator[Measure]:
    bare_seconds, bare_cpu = bare[0], bare[1] / whole.reports * 1e6
    transactions = whole.reports - size.more
    spent = {stage: whole.cpu_seconds(stage) for stage in STAGES}
    cost, unit = sum(spent.values()) / size.more * 1e6, "µs/activity with 5"
    yield Measure(f"{size.name}-whole-cpu", cost, None, unit, _AFFORDED, lower_is_better=True)
    yield Measure(f"{size.name}-drained", whole.reports / whole.seconds, None, "reports/s", _DRAINED)
    yield Measure(f"{size.name}-drained-bare", whole.reports / bare_seconds, None, "reports/s")
    for stage in STAGES:
        activity = single.cpu_seconds(stage) / single.reports
        further = (spent[stage] - activity * size.more) / transactions
        for name, cost in (("activity", activity), ("transaction", further)):
            told = f"{size.name}-{stage}-{name}-cpu"
            yield Measure(told, cost * 1e6, bare_cpu, f"µs/{name}", lower_is_better=True)
        yield Measure(f"{size.name}-{stage}-in-postgres", whole.connections[stage] / spent[stage] * 100, None, "%")


async def _matching(
    size: Size, site: Site, control: Connection, world: _World, names: Sequence[ActivityId]
) -> list[Measure]:
    same = world.same(names)
    ids = row_ids(control, {*names, *(end for pair in same for end in pair)})
    found = candidates_of(control, [ids[name] for name in names])
    counts = [len(others) for others in found.values()]
    runner = Runner(site.grounds.postgres, schema_of(site), "istmo-registry bench")
    times = await match_times(runner, control, list(found)[:_TIMED])
    await runner.close()
    met = recall(((ids[one], ids[other]) for one, other in same), found)
    return [
        Measure(f"{size.name}-candidates-mean", fmean(counts), None, "activities", 50.0, lower_is_better=True),
        Measure(f"{size.name}-candidates-p50", percentile(counts, 50), None, "activities"),
        Measure(f"{size.name}-candidates-p99", percentile(counts, 99), None, "activities"),
        Measure(f"{size.name}-candidates-max", max(counts), None, "activities"),
        Measure(f"{size.name}-blocking-recall", met, None, f"of {len(same)} ends", 0.98),
        Measure(f"{size.name}-match-p50", percentile(times, 50), None, "ms"),
        Measure(f"{size.name}-match-p99", percentile(times, 99), None, "ms"),
    ]


def _sizes(size: Size, control: Connection) -> Iterator[Measure]:
    found: Mapping[str, tuple[int, int, int]] = sizes(control)
    for table in _TABLES:
        rows, bytes_, indexes = found[table]
        yield Measure(f"{size.name}-{table}-rows", rows, None, "rows")
        yield Measure(f"{size.name}-{table}-size", bytes_ / 1e6, None, "MB")
        yield Measure(f"{size.name}-{table}-indexes", indexes / 1e6, None, "MB")
