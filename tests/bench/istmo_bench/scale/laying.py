"""Laying down what fold, match and resolve would have made of many reports, on several cores."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from functools import partial
from itertools import chain, islice
from multiprocessing import get_context
from typing import Final, TypeVar

import psycopg
from psycopg.conninfo import make_conninfo

from istmo_bench.scale.copying import Connection, without_indexes
from istmo_bench.scale.playing import play_fold, play_match, play_resolve
from istmo_common.events.envelope import CloudEvent
from istmo_registry.domain.handles import handle
from istmo_registry.domain.parameters import PARAMETERS
from istmo_registry.stages.incoming import Incoming
from istmo_registry.stages.known_features import KnownFeatures
from istmo_registry.stages.match import Matching
from istmo_registry.stages.reach import Ends, mutual_of
from istmo_registry.store.pairs import read_scored

__all__ = ["batches", "lay"]

T = TypeVar("T")
Task = Callable[[], object]

_FOLDED: Final = 500
_MATCHED: Final = 4_000
_REMEMBERED: Final = 200_000
"""So many activities are not read again by who matches: those of a country, which are compared with each other."""
_BY_COUNTRY: Final = "SELECT id FROM activities ORDER BY countries, id"
_RESOLVED: Final = 250
_IN_FLIGHT: Final = 8
_NUMBERED: Final = ("event_ids", "copies", "activities")
_SAME: Final = "SELECT a, b FROM pairs WHERE verdict = 'same'"
_BESIDE: Final = "SELECT a, b FROM pairs WHERE verdict = 'possibly-same' OR kind = 'funds'"
_LIKELY: Final = "SELECT a, b FROM pairs WHERE verdict = 'possibly-same' AND score >= %s"
_COUNT: Final = "INSERT INTO key_counts SELECT key, count(*) FROM blocking_keys GROUP BY key"


def batches(all_: Iterable[T], most: int) -> Iterator[tuple[T, ...]]:
    """All of them, so many at a time."""
    rest = iter(all_)
    while some := tuple(islice(rest, most)):
        yield some


class _Worker:
    """What a process of the pool has at hand."""

    connection: Connection
    matching: Matching


def lay(url: str, schema: str, events: Iterable[CloudEvent], handle_key: bytes, processes: int) -> int:
    """Fill the empty tables of `schema` with what comes of reports of different activities; how many."""
    conninfo = make_conninfo(url, options=f"-c search_path={schema} -c timezone=UTC -c synchronous_commit=off")
    with (
        psycopg.connect(conninfo, autocommit=True) as control,
        ProcessPoolExecutor(processes, get_context("spawn"), _open, (conninfo,)) as pool,
    ):
        with without_indexes(control, "blocking_keys"):
            pieces = enumerate(batches(events, _FOLDED))
            _do(pool, (partial(_fold, some, 1 + number * _FOLDED, handle_key) for number, some in pieces))
        control.execute(_COUNT)
        count = len(control.execute("SELECT FROM activities").fetchall())
        for table in _NUMBERED:
            control.execute(f"ALTER TABLE {table} ALTER COLUMN id RESTART WITH {count + 1}".encode())
        control.execute("VACUUM (ANALYZE)")
        ids = [id_ for (id_,) in control.execute(_BY_COUNTRY).fetchall()]
        _do(pool, (partial(_match, some) for some in batches(ids, _MATCHED)))
        control.execute("VACUUM (ANALYZE) pairs")
        beside, alone = _components(control, count)
        # A question beside a programme tells of all its members: first who these are.
        _do(pool, (partial(_resolve, some, members_only=True) for some in _whole(beside)))
        control.execute("VACUUM (ANALYZE) members")
        _do(pool, (partial(_resolve, some, members_only=False) for some in _whole([*beside, *alone])))
        control.execute("VACUUM (ANALYZE)")
    return count


def _do(pool: ProcessPoolExecutor, tasks: Iterable[Task]) -> None:
    """Do them all, a few in memory at a time. Raises what one of them raises."""
    running: set[Future[object]] = set()
    for task in tasks:
        if len(running) == _IN_FLIGHT:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for one in done:
                one.result()
        running.add(pool.submit(task))
    for one in running:
        one.result()


def _open(conninfo: str) -> None:
    _Worker.connection = psycopg.connect(conninfo, autocommit=True)
    _Worker.matching = Matching(PARAMETERS, KnownFeatures(_REMEMBERED))


def _fold(events: Sequence[CloudEvent], first: int, handle_key: bytes) -> None:
    play_fold([Incoming.of(event) for event in events], first, partial(handle, handle_key)).write(_Worker.connection)


def _match(activities: Sequence[int]) -> None:
    play_match(_Worker.connection, activities, _Worker.matching).write(_Worker.connection)


def _resolve(activities: Sequence[int], *, members_only: bool) -> None:
    play_resolve(_Worker.connection, activities, members_only=members_only).write(_Worker.connection)


def _components(control: Connection, count: int) -> tuple[list[list[int]], list[list[int]]]:
    """What becomes one programme, together: components beside which another one stands, and all others."""
    parents = list(range(count + 1))

    def root(activity: int) -> int:
        while parents[activity] != activity:
            parents[activity] = activity = parents[parents[activity]]
        return activity

    mutual = _mutual(control)
    for a, b in chain(control.execute(_SAME).fetchall(), mutual):
        one, other = root(a), root(b)
        parents[max(one, other)] = min(one, other)
    components: dict[int, list[int]] = defaultdict(list)
    for activity in range(1, count + 1):
        components[root(activity)].append(activity)
    apart = set(control.execute(_BESIDE).fetchall()) - mutual
    beside = {root(end) for ends in apart for end in ends}
    return (
        [members for one, members in components.items() if one in beside],
        [members for one, members in components.items() if one not in beside],
    )


def _mutual(control: Connection) -> frozenset[Ends]:
    """The pairs that count as the same because each end is the other's best."""
    likely = control.execute(_LIKELY, [PARAMETERS.mutual_line]).fetchall()
    scored = read_scored({end for ends in likely for end in ends})
    return mutual_of(control.execute(scored.sql.encode(), scored.params).fetchall(), likely, PARAMETERS)


def _whole(components: Iterable[list[int]]) -> Iterator[list[int]]:
    """Whole components, together so many activities or a few more."""
    some: list[int] = []
    for component in components:
        some += component
        if len(some) >= _RESOLVED:
            yield some
            some = []
    if some:
        yield some
