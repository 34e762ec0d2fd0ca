"""What a worker took to do, and whose traces it belongs to."""

from collections.abc import Callable, Iterable
from enum import Enum

from istmo_registry.store.statement import Row

__all__ = ["Claim", "Done"]


class Done(Enum):
    """What came of one round of a stage."""

    NOTHING = "there was nothing to do"
    SOME = "what was claimed is done"
    STALE = "somebody was quicker: nothing was committed, try again"


class Claim:
    """The rows that one round took, by activity. `taken` is told once they are known, before anything is done.

    `traces`: each traceparent of the claimed rows, oldest row first.
    """

    def __init__(self, taken: Callable[["Claim"], None] | None = None) -> None:
        self._taken = taken
        self._own: dict[int, str | None] = {}
        self.to_match: frozenset[int] = frozenset()
        self.traces: list[str] = []
        self.current: str | None = None
        """The traceparent of what is being done, if that is traced."""

    @property
    def activities(self) -> frozenset[int]:
        """All activities claimed."""
        return frozenset(self._own)

    def take_dirty(self, rows: Iterable[Row]) -> None:
        """Rows of `claim_dirty`. An activity of several rows is matched in full if one of them says so."""
        ordered = sorted(rows)
        self.to_match = frozenset(activity for _, activity, mode, _ in ordered if mode == "match")
        self._take((activity, traceparent) for _, activity, _, traceparent in ordered)

    def take_work(self, rows: Iterable[Row]) -> None:
        """Rows of `claim_work`."""
        self._take((activity, traceparent) for _, activity, traceparent in sorted(rows))

    def trace_of(self, activities: Iterable[int]) -> str | None:
        """The trace to go on with for what concerns these activities.

        It is that of the oldest row of the smallest of them, by way of what is being done if that belongs to the same.
        """
        own = [self._own[activity] for activity in sorted(activities) if activity in self._own]
        trace = next((traceparent for traceparent in own if traceparent is not None), None)
        if self.current is not None and (trace is None or _trace_id(trace) == _trace_id(self.current)):
            return self.current
        return trace

    def _take(self, rows: Iterable[tuple[int, str | None]]) -> None:
        for activity, traceparent in rows:
            self._own.setdefault(activity, traceparent)
            if traceparent is not None and traceparent not in self.traces:
                self.traces.append(traceparent)
        if self._own and self._taken is not None:
            self._taken(self)


def _trace_id(traceparent: str) -> str:
    return traceparent.split("-")[1]
