"""Orders that are said to be one come to one and the same, and nothing that keeps them apart can be left out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from istmo_interleavings import traces
from istmo_interleavings.footprints import Footprint, Kind, footprint
from istmo_interleavings.players import Part, Schedule, Step, Yielded, play
from istmo_interleavings.scenarios import schedules
from istmo_interleavings.traces import RULES, Trace

from istmo_registry.stages.relay import Send
from istmo_registry.store.dirty import claim_dirty, insert_dirty_carriers
from istmo_registry.store.imports import lock_imports
from istmo_registry.store.reports import read_copies
from istmo_registry.store.statement import (
    BEGIN,
    BEGIN_FOLD,
    BEGIN_FOLD_OF_DIRECTORY,
    COMMIT,
    ROLLBACK,
    ROLLBACK_TO_SAVEPOINT,
    SAVEPOINT,
    Statement,
    notify,
)

TABLES = frozenset({"a", "b", "c"})
NAMES = ("one", "other")


def _read(table: str) -> Statement:
    return Statement(f"read {table}", f"SELECT x FROM {table}")


def _write(table: str) -> Statement:
    return Statement(f"write {table}", f"UPDATE {table} SET x = x")


@dataclass
class _Database:
    """Tables of one row each, in READ COMMITTED: writing locks until the transaction ends, reading does not."""

    rows: dict[str, tuple[Any, ...]] = field(default_factory=lambda: dict.fromkeys(sorted(TABLES), ()))
    locks: dict[str, str] = field(default_factory=dict)


class _Deadlock(Exception):
    pass


class _Player:
    """Executes statements on it. What it writes tells all that it was ever answered."""

    def __init__(
        self, name: str, program: Sequence[Statement], database: _Database, peers: dict[str, "_Player"]
    ) -> None:
        self._name, self._program, self._database, self._peers = name, program, database, peers
        self._mine: dict[str, tuple[Any, ...]] = {}
        self._within = False
        self.answers: list[Any] = []
        self.played = 0
        self.waiting = False
        peers[name] = self

    @property
    def finished(self) -> bool:
        return self.played == len(self._program)

    @property
    def yielded(self) -> Statement:
        return self._program[self.played]

    def step(self) -> Part | None:
        waited, statement = self.waiting, self.yielded
        verb, _, table = statement.name.partition(" ")
        if verb == "write" and self._database.locks.get(table, self._name) != self._name:
            self.waiting = True
            if all(player.waiting for player in self._peers.values()):
                raise _Deadlock
            return None if waited else Part.BEGUN
        self.waiting = False
        self.played += 1
        self._execute(statement, verb, table)
        return Part.ENDED if waited else Part.WHOLE

    def _execute(self, statement: Statement, verb: str, table: str) -> None:
        if statement == BEGIN:
            self._within = True
        elif verb == "read":
            self.answers.append(self._mine.get(table, self._database.rows[table]))
        elif verb == "write":
            row = self._mine.get(table, self._database.rows[table])
            self._mine[table] = (*row, (self._name, self.played, tuple(self.answers)))
            self._database.locks[table] = self._name
            if not self._within:
                self._end(shown=True)
        else:
            self._end(shown=statement == COMMIT)

    def _end(self, *, shown: bool) -> None:
        if shown:
            self._database.rows |= self._mine
        self._mine.clear()
        self._within = False
        self._database.locks = {table: name for table, name in self._database.locks.items() if name != self._name}


MEETS_WRITER = {
    "a reader sees what was committed before": _read,
    "writers of a table may meet at a row": _write,
    "a writer waits for locks, or for nothing": _write,
}
"""By rule, what meets a writer of the same table for which it is needed."""

Programs = Mapping[str, Sequence[Statement]]
End = tuple[Any, ...]


def _played(programs: Programs, schedule: Schedule) -> tuple[list[Step], End]:
    """The steps of one order, and everything that can be told afterwards."""
    database, players = _Database(), dict[str, _Player]()
    for name in NAMES:
        _Player(name, programs[name], database, players)
    history = play(players, schedule)
    return history, (database.rows, *(player.answers for player in players.values()))


_accesses = st.sampled_from([make(table) for make in (_read, _write) for table in sorted(TABLES)])
_transactions = st.builds(
    lambda inside, end: [BEGIN, *inside, end],
    st.lists(_accesses, min_size=1, max_size=5),
    st.sampled_from([COMMIT, COMMIT, ROLLBACK]),
)
_programs = st.lists(_transactions | _accesses.map(lambda alone: [alone]), min_size=1, max_size=3).map(
    lambda parts: [statement for part in parts for statement in part]
)
_meetings = st.fixed_dictionaries(dict.fromkeys(NAMES, _programs))


def _orders(programs: Programs) -> dict[Schedule, set[Schedule]]:
    return schedules(*(len(programs[name]) for name in NAMES))


def _apart(programs: Programs, schedule: Schedule) -> Iterator[Schedule]:
    """Orders that are said to be one with another one, and are not."""
    history, end = _played(programs, schedule)
    trace = Trace(history, TABLES)
    for another in _orders(programs):
        foreseen = trace.reordered(another)
        if foreseen is not None and (foreseen, end) != _tried(programs, another):
            yield another


def _tried(programs: Programs, schedule: Schedule) -> tuple[list[Step], End] | None:
    try:
        return _played(programs, schedule)
    except _Deadlock:
        return None


def _some_apart(programs: Programs) -> bool:
    return any(
        next(_apart(programs, schedule), None) is not None
        for schedule in _orders(programs)
        if _tried(programs, schedule) is not None
    )


@given(_meetings, st.data())
def test_orders_that_are_one_come_to_one(programs: Programs, data: st.DataObject) -> None:
    """An order that is not played would have gone, step by step and wait by wait, as foreseen, to the same end."""
    schedule = data.draw(st.sampled_from([*_orders(programs)]))
    assume(_tried(programs, schedule) is not None)
    assert [] == list(_apart(programs, schedule))


@pytest.mark.parametrize("rule", RULES)
def test_no_rule_can_be_left_out(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever takes two steps for independent that are not has orders taken for one that end differently."""
    programs = {"one": [BEGIN, _write("a"), COMMIT], "other": [BEGIN, MEETS_WRITER[rule]("a"), COMMIT]}
    assert not _some_apart(programs)
    monkeypatch.setattr(traces, "RULES", {name: holds for name, holds in RULES.items() if name != rule})
    assert _some_apart(programs)


def test_orders_that_nothing_keeps_apart_are_one() -> None:
    """Two that have nothing to do with each other meet in one way; with one table between them, in more."""
    apart = {"one": [BEGIN, _write("a"), COMMIT], "other": [BEGIN, _write("b"), _read("c"), COMMIT]}
    meeting = apart | {"other": [BEGIN, _write("b"), _read("a"), COMMIT]}
    assert 1 == _classes(apart)
    assert 2 == _classes(meeting)


def _classes(programs: Programs) -> int:
    near = _orders(programs)
    left, number = set(near), 0
    while left:
        schedule = left.pop()
        left -= Trace(_played(programs, schedule)[0], TABLES).around(schedule, near)
        number += 1
    return number


def test_a_statement_that_is_not_understood_keeps_its_place() -> None:
    """Nothing is exchanged with a lock of a table, an unknown function, or two in one, nor with what comes after it."""
    for sql in (
        "LOCK TABLE a IN SHARE MODE",
        "SELECT pg_advisory_xact_lock(1) FROM a",
        "SELECT nextval('s') FROM a",
        "SELECT pid FROM pg_locks, a",
        "SELECT x FROM a; COMMIT",
        "TRUNCATE a",
        "SELECT x FROM unheard_of",
        "BEGIN ISOLATION LEVEL SERIALIZABLE",
        "BEGIN ISOLATION LEVEL READ COMMITTED; LOCK TABLE a IN ACCESS EXCLUSIVE MODE",
    ):
        assert Kind.UNKNOWN is footprint(Statement("", sql), TABLES).kind, sql
        steps = [Step("one", Statement("", sql), Part.WHOLE), Step("one", BEGIN, Part.WHOLE)]
        steps.append(Step("other", BEGIN, Part.WHOLE))
        for before in (0, 1):
            schedule = (("one", before), ("other", None), ("one", None))
            assert Trace(steps, TABLES).reordered(schedule) is None, sql


def test_what_a_statement_touches_is_read_in_its_text() -> None:
    """Whoever locks writes, and whatever a writer names is written; beginning, waking and savepoints touch nothing."""
    tables = frozenset({"copies", "event_ids", "imports", "dirty", "blocking_keys"})
    kinds: list[tuple[Yielded, Kind, set[str]]] = [
        (read_copies([1]), Kind.READS, {"copies", "event_ids"}),
        (lock_imports([]), Kind.WRITES, {"imports"}),
        (insert_dirty_carriers([], "match"), Kind.WRITES, {"dirty", "blocking_keys"}),
        (claim_dirty(1), Kind.WRITES, {"dirty"}),
        (Send([]), Kind.WRITES, {"the log"}),
        (BEGIN, Kind.BEGINS, set()),
        (SAVEPOINT, Kind.NOTHING, set()),
        (notify("work"), Kind.NOTHING, set()),
        (COMMIT, Kind.COMMITS, set()),
        (ROLLBACK, Kind.ROLLS_BACK, set()),
        (ROLLBACK_TO_SAVEPOINT, Kind.ROLLS_BACK_TO_SAVEPOINT, set()),
    ]
    for yielded, kind, named in kinds:
        assert Footprint(kind, frozenset(named)) == footprint(yielded, tables)


def test_a_table_is_shared_until_somebody_wants_it_alone() -> None:
    """Folders of reports begin in any order; one that folds merges begins before the others or after their end."""
    tables = frozenset({"offsets", "organisation_merges"})
    for beginning, exchanged in ((BEGIN_FOLD, True), (BEGIN_FOLD_OF_DIRECTORY, False)):
        steps = [
            Step("one", BEGIN_FOLD, Part.WHOLE),
            Step("one", COMMIT, Part.WHOLE),
            Step("other", beginning, Part.WHOLE),
            Step("other", COMMIT, Part.WHOLE),
        ]
        reordered = Trace(steps, tables).reordered((("one", 1), ("other", None), ("one", None)))
        assert exchanged is (reordered is not None)
