"""What a worker took to do, and whose traces it belongs to."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import Enum
from typing import Final, NamedTuple

from istmo_common.kafka.headers import trace_id_of
from istmo_registry.store.stage_records import StageRecord
from istmo_registry.store.statement import Row, array_literal

__all__ = ["Claim", "Claimed", "Done"]

_MOST_RECORDS: Final = 1000


class Done(Enum):
    """What came of one round of a stage."""

    NOTHING = "there was nothing to do"
    SOME = "what was claimed is done"
    REST = "what was claimed is done, and it was all that there was"
    STALE = "somebody was quicker: nothing was committed, try again"


class Claimed(NamedTuple):
    """A row of `dirty` or `work`, which waited from `since`; `mode` is None in the latter."""

    id: int
    activity: int
    mode: str | None
    traceparent: str | None
    since: datetime


class Claim:
    """The rows that one round took. `taken` is told once they are known, before anything is done."""

    def __init__(self, taken: Callable[["Claim"], None] | None = None) -> None:
        self._taken = taken
        self.rows: list[Claimed] = []
        self._traces: dict[int, str] = {}
        # By activity, the traces with which what concerns it goes on.
        self._onto: dict[int, set[str]] = defaultdict(set)
        self.current: str | None = None
        """The traceparent of what is being done, if that is traced."""
        self.claimed = 0
        """How many rows were taken at first."""

    @property
    def activities(self) -> frozenset[int]:
        """All activities claimed."""
        return frozenset(row.activity for row in self.rows)

    @property
    def to_match(self) -> frozenset[int]:
        """Those to be matched in full: of several rows of an activity one that says so is enough."""
        return frozenset(row.activity for row in self.rows if row.mode == "match")

    @property
    def traces(self) -> list[str]:
        """The traceparents of the rows, the oldest row's first."""
        return list(dict.fromkeys(row.traceparent for row in self.rows if row.traceparent is not None))

    def take_dirty(self, rows: Iterable[Row]) -> None:
        """Rows of `claim_dirty`."""
        self._take(Claimed(*row) for row in rows)

    def take_work(self, rows: Iterable[Row]) -> None:
        """Rows of `claim_work`."""
        self._take(_work(rows))

    def add_work(self, rows: Iterable[Row]) -> None:
        """Rows of `claim_inside`: what is being done settles them too."""
        self.rows += sorted(_work(rows))

    def trace_of(self, activities: Iterable[int]) -> str | None:
        """The trace to go on with for what concerns these activities.

        It is that of the oldest row of the smallest of them, by way of what is being done if that belongs to the same.
        """
        concerned = sorted(activities)
        trace = next((self._traces[activity] for activity in concerned if activity in self._traces), None)
        if self.current is not None and (trace is None or trace_id_of(trace) == trace_id_of(self.current)):
            trace = self.current
        trace_id = trace_id_of(trace)
        if trace_id is not None:
            for activity in concerned:
                self._onto[activity].add(trace_id)
        return trace

    def records(self, outcome: str | None = None) -> list[StageRecord]:
        """What to keep of this round for each trace and activity, up to a number.

        Without an `outcome` it says whether anything went on from here.
        """
        kept: dict[tuple[str, int], StageRecord] = {}
        for row in self.rows:
            trace = trace_id_of(row.traceparent)
            if trace is None or (trace, row.activity) in kept:
                continue
            onto = self._onto.get(row.activity, set())
            said = outcome or ("went on" if onto else "nothing follows")
            kept[trace, row.activity] = StageRecord(
                trace, row.activity, row.since, said, array_literal(sorted(onto - {trace}))
            )
            if len(kept) == _MOST_RECORDS:
                break
        return list(kept.values())

    def _take(self, rows: Iterable[Claimed]) -> None:
        self.rows = sorted(rows, key=lambda row: row.id)
        self.claimed = len(self.rows)
        for row in self.rows:
            if row.traceparent is not None:
                self._traces.setdefault(row.activity, row.traceparent)
        if self.rows and self._taken is not None:
            self._taken(self)


def _work(rows: Iterable[Row]) -> list[Claimed]:
    return [Claimed(number, activity, None, traceparent, since) for number, activity, traceparent, since in rows]
