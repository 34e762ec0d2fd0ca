"""The stages themselves, played to fill empty tables: what they would write is collected for COPY.

Nobody else is at work then, so locks, queues and second looks are answered at once. What a stage reads of what earlier
ones wrote is read from the tables; what it reads of its own batch is answered from that.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from istmo_bench.scale.copying import Connection, Copying
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.parameters import PARAMETERS
from istmo_registry.stages.claims import Claim
from istmo_registry.stages.fold import Batch, Folding, fold
from istmo_registry.stages.incoming import Incoming
from istmo_registry.stages.match import Matching, match
from istmo_registry.stages.publications import Publisher
from istmo_registry.stages.resolve import resolve
from istmo_registry.store.statement import Row, Stage, Statement

__all__ = ["play_fold", "play_match", "play_resolve"]

T = TypeVar("T")
Answer = Callable[[Statement], list[Row]]

_LONG_AGO: Final = datetime(2026, 3, 1, tzinfo=UTC)
_MEMBERS: Final = {"members: write": "members"}
_RESOLVED: Final = {
    **_MEMBERS,
    "programmes: write": "programmes",
    "entries: write": "entries",
    "splits: insert": "entry_splits",
    "findings: insert": "findings",
    "support: insert": "finding_support",
}
"""The tables that statements fill."""
_READ_TO_MATCH: Final = frozenset({
    "candidates: read", "candidates: read of pairs", "activities: read feature versions", "activities: read features",
})  # fmt: skip
_READ_TO_RESOLVE: Final = frozenset({
    "reach: read", "pairs: read", "pairs: read scored", "members: read", "members: read companions",
    "transactions: read", "activities: read", "activities: read named",
})  # fmt: skip


def play_fold(incoming: Sequence[Incoming], first: int, handle_of: Callable[[ActivityId], str]) -> Copying:
    """Fold one report each of new activities, whose row ids, and those of what came with them, begin with `first`."""
    answers = _Folding(first)
    _play(fold(Batch(list(incoming)), Folding(handle_of, PARAMETERS)), answers)
    return answers.copying


def play_match(connection: Connection, activities: Sequence[int], matching: Matching) -> Copying:
    """Match new activities: each pair is written with the smaller of its ends."""
    answers = _Matching(connection, activities)
    _play(match(Claim(), matching, len(activities)), answers)
    return answers.copying


def play_resolve(connection: Connection, activities: Sequence[int], *, members_only: bool) -> Copying:
    """Resolve new activities: all of everything that may become one programme."""
    answers = _Resolving(connection, activities, members_only)
    _play(resolve(Claim(), Publisher("2026-03-01T09:00:00Z"), len(activities)), answers)
    return answers.copying


def _play(stage: Stage[T], answer: Answer) -> T:
    try:
        statement = next(stage)
        while True:
            statement = stage.send(answer(statement))
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]


def _columns(statement: Statement, *names: str) -> list[tuple[Any, ...]]:
    return list(zip(*(statement.params[name] for name in names), strict=True))


class _Folding:
    """Answers fold: nothing of what arrives is known yet."""

    def __init__(self, first: int) -> None:
        self.copying = Copying()
        self._first = first
        self._names: list[tuple[str, str, str]] = []
        self._events: list[tuple[str, str, str]] = []

    def __call__(self, statement: Statement) -> list[Row]:
        answers: Mapping[str, Answer] = {
            "directory: read standing": lambda _: [(0, 0, 0, [])],
            "event ids: insert": self._insert_event_ids,
            "activities: insert": self._insert_names,
            "copies: insert": self._insert_copies,
            "activities: update with reports": self._update,
            "transactions: insert": self._into("transactions"),
            "references: insert": self._into("activity_references"),
            "keys: insert": self._into("blocking_keys"),
            "keys: count": lambda counted: _columns(counted, "key", "change"),
        }
        return answers.get(statement.name, _nothing)(statement)

    def _into(self, table: str) -> Answer:
        def collect(statement: Statement) -> list[Row]:
            self.copying.add(table, statement.params)
            return []

        return collect

    def _insert_event_ids(self, statement: Statement) -> list[Row]:
        self._events = _columns(statement, "partner", "source", "event")
        self.copying.add("event_ids", {"id": self._ids(len(self._events)), **statement.params})
        return [(self._first + at, *key) for at, key in enumerate(self._events)]

    def _insert_names(self, statement: Statement) -> list[Row]:
        self._names = _columns(statement, "reporter", "activity", "handle")
        return [(self._first + at, *name[:2]) for at, name in enumerate(self._names)]

    def _insert_copies(self, statement: Statement) -> list[Row]:
        told = statement.params
        ids = self._ids(len(told["event_id"]))
        self.copying.add("copies", {"id": ids, **told})
        named = _columns(statement, "event_id", "content_hash", "import_id")
        return [(*name, id_) for name, id_ in zip(named, ids, strict=True)]

    def _update(self, statement: Statement) -> list[Row]:
        told = dict(statement.params)
        names = [self._names[id_ - self._first] for id_ in told["id"]]
        reporter, activity, handle = (list(column) for column in zip(*names, strict=True))
        version = told.pop("refeatured")
        stated = {"reporter": reporter, "activity": activity, "handle": handle, "feature_version": version}
        self.copying.add("activities", told | stated)
        return []

    def _ids(self, count: int) -> range:
        return range(self._first, self._first + count)


class _Reading:
    """Answers from the tables; asked for the same again, from memory.

    `collected`: by statement, the table it fills; `read`: what is asked of the tables.
    """

    def __init__(self, connection: Connection, collected: Mapping[str, str], read: frozenset[str]) -> None:
        self.copying = Copying()
        self._collected, self._read = collected, read
        self._connection = connection
        self._known: dict[tuple[Any, ...], list[Row]] = {}

    def __call__(self, statement: Statement) -> list[Row]:
        if statement.name in self._collected:
            self.copying.add(self._collected[statement.name], statement.params)
            return []
        return self._select(statement) if statement.name in self._read else []

    def _select(self, statement: Statement) -> list[Row]:
        asked = (statement.name, *(tuple(one) if isinstance(one, list) else one for one in statement.params.values()))
        if asked not in self._known:
            self._known[asked] = self._connection.execute(statement.sql.encode(), statement.params).fetchall()
        return self._known[asked]


class _Matching(_Reading):
    """Answers match: there are no pairs yet."""

    def __init__(self, connection: Connection, activities: Sequence[int]) -> None:
        super().__init__(connection, {"pairs: write": "pairs"}, _READ_TO_MATCH)
        self._claimed = [(at, activity, "match", None, _LONG_AGO) for at, activity in enumerate(activities)]

    def __call__(self, statement: Statement) -> list[Row]:
        match statement.name:
            case "dirty: claim":
                return list(self._claimed)
            case "candidates: read":
                # The other way round it is read with its other end.
                return [pair for pair in self._select(statement) if pair[0] < pair[1]]
            case "activities: lock":
                return [(activity, 1) for activity in statement.params["ids"]]
            case _:
                return super().__call__(statement)


class _Resolving(_Reading):
    """Answers resolve: what is inside has neither programme nor findings yet."""

    def __init__(self, connection: Connection, activities: Sequence[int], members_only: bool) -> None:
        super().__init__(connection, _MEMBERS if members_only else _RESOLVED, _READ_TO_RESOLVE)
        self._claimed = [(at, activity, None, _LONG_AGO) for at, activity in enumerate(activities)]

    def __call__(self, statement: Statement) -> list[Row]:
        match statement.name:
            case "work: claim":
                return list(self._claimed)
            case "findings: insert":
                super().__call__(statement)
                return _columns(statement, "key")
            case _:
                return super().__call__(statement)


def _nothing(_: Statement) -> list[Row]:
    return []
