"""What matching meets in a filled registry: candidates, how many of the true pairs are among them, times and sizes."""

import time
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Final

from istmo_bench.scale.copying import Connection
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.parameters import PARAMETERS
from istmo_registry.stages.claims import Claim, Done
from istmo_registry.stages.match import Matching, match
from istmo_registry.stages.running import Runner
from istmo_registry.store import dirty

__all__ = ["candidates_of", "match_times", "recall", "row_ids", "sizes"]

_AT_ONCE: Final = 200
_IDS: Final = """
    SELECT id, reporter, activity FROM activities
    JOIN unnest(%s::text[], %s::text[]) AS n (reporter, activity) USING (reporter, activity)"""
_SIZES: Final = """
    SELECT relname, n_live_tup, pg_table_size(relid), pg_indexes_size(relid) FROM pg_stat_user_tables
    WHERE schemaname = current_schema() ORDER BY pg_total_relation_size(relid) DESC"""


def row_ids(control: Connection, names: Iterable[ActivityId]) -> dict[ActivityId, int]:
    """Row ids of activities."""
    columns = [list(column) for column in zip(*names, strict=True)]
    return {ActivityId(*name): id_ for id_, *name in control.execute(_IDS, columns).fetchall()}


def candidates_of(control: Connection, activities: Sequence[int]) -> dict[int, set[int]]:
    """Whom each of these activities is compared with."""
    found: dict[int, set[int]] = {activity: set() for activity in activities}
    for at in range(0, len(activities), _AT_ONCE):
        statement = dirty.read_candidates(activities[at : at + _AT_ONCE], PARAMETERS)
        for activity, other in control.execute(statement.sql.encode(), statement.params).fetchall():
            found.setdefault(activity, set()).add(other)
    return {activity: found[activity] for activity in activities}


def recall(pairs: Iterable[tuple[int, int]], found: Mapping[int, set[int]]) -> float:
    """Which part of true pairs, the first of each among those looked up, are candidates. Raises ValueError for none."""
    return fmean(other in found[activity] for activity, other in pairs)


async def match_times(runner: Runner, control: Connection, activities: Iterable[int]) -> list[float]:
    """Milliseconds that matching one activity takes, each by itself, nobody else at work."""
    times, matching = [], Matching(PARAMETERS)
    for activity in activities:
        statement = dirty.insert_dirty([(activity, "match", None)])
        control.execute(statement.sql.encode(), statement.params)
        begun = time.perf_counter()
        done = await runner.run(match(Claim(), matching, 1))
        times.append((time.perf_counter() - begun) * 1000)
        assert done is Done.SOME
    return times


def sizes(control: Connection) -> dict[str, tuple[int, int, int]]:
    """Rows, bytes of rows and bytes of indexes of each table, the largest first."""
    control.execute("ANALYZE")
    return {name: (rows, table, indexes) for name, rows, table, indexes in control.execute(_SIZES).fetchall()}
