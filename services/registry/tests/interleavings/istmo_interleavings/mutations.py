"""Stages with a step taken away, to see whether anybody would notice."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from istmo_interleavings.players import Program
from istmo_registry.store.statement import Row, Statement

__all__ = ["MUTATIONS", "Mutation"]

_READS_OF_REACH: Final = {"reach: read", "pairs: read scored"}


@dataclass(frozen=True)
class Mutation:
    """A step taken away from every program, and the meeting (a beginning of its scenarios' names) in which it tells."""

    apply: Callable[[Program], Program]
    meeting: str


def _meddling(
    program: Program,
    instead: Callable[[Statement], Statement | list[Row]],
    heard: Callable[[Statement, list[Row]], None] = lambda *_: None,
) -> Program:
    """Execute what `instead` gives for each statement, or answer with its rows; `heard` is told what was executed."""
    answer: list[Row] | None = None
    while True:
        try:
            statement = program.send(answer)
        except StopIteration as stop:
            return stop.value
        done = instead(statement)
        if isinstance(done, list):
            answer = done
        else:
            answer = yield done
            heard(done, answer)


def _believing_the_first(names: set[str], from_: str, until: set[str]) -> Callable[[Program], Program]:
    """Answer the reads of `names` that come after a lock with what they gave before it.

    `from_` is the name of the statement that begins a round, `until` those at which the second reading is over.
    """

    def apply(program: Program) -> Program:
        first: list[list[Row]] = []
        reading, again = False, False

        def instead(statement: Statement) -> Statement | list[Row]:
            nonlocal reading, again
            if statement.name == from_:
                first.clear()
                reading, again = True, False
            elif statement.name in until:
                reading = False
            elif statement.name == "activities: lock":
                again = True
            return first.pop(0) if reading and again and statement.name in names else statement

        def heard(statement: Statement, answer: list[Row]) -> None:
            if reading and statement.name in names:
                first.append(answer)

        return _meddling(program, instead, heard)

    return apply


def _believing_the_first_match(program: Program) -> Program:
    """Pairs and candidates as they were before the lock."""
    candidates: set[Row] = set()
    locked = False

    def instead(statement: Statement) -> Statement | list[Row]:
        nonlocal locked
        if statement.name == "dirty: claim":
            candidates.clear()
            locked = False
        locked |= statement.name == "activities: lock"
        if not locked or statement.name != "candidates: read of pairs":
            return statement
        asked = zip(statement.params["a"], statement.params["b"], strict=True)
        return [ends for ends in asked if ends in candidates]

    def heard(statement: Statement, answer: list[Row]) -> None:
        if statement.name.startswith("candidates: read"):
            candidates.update((min(row), max(row)) for row in answer)

    believing = _believing_the_first({"pairs: read"}, "dirty: claim", {"commit", "rollback"})
    return believing(_meddling(program, instead, heard))


def _changing(change: Callable[[Statement], Statement | None]) -> Callable[[Program], Program]:
    """Execute another statement in place of each; None: none at all."""

    def instead(statement: Statement) -> Statement | list[Row]:
        changed = change(statement)
        return [] if changed is None else changed

    return lambda program: _meddling(program, instead)


def _without_lock(name: str) -> Callable[[Program], Program]:
    def change(statement: Statement) -> Statement:
        if statement.name != name:
            return statement
        sql, locking, _ = statement.sql.rpartition(" FOR ")
        assert locking
        return replace(statement, sql=sql)

    return _changing(change)


def _without_text(statement: Statement, text: str) -> Statement:
    return replace(statement, sql=statement.sql.replace(text, ""))


def _without(name: str) -> Callable[[Program], Program]:
    return _changing(lambda statement: None if statement.name == name else statement)


def _without_rim_lock(program: Program) -> Program:
    """Resolve locks the set alone."""
    inside: set[int] = set()
    rim: set[int] = set()

    def instead(statement: Statement) -> Statement:
        if statement.name != "activities: lock":
            return statement
        ids = [activity for activity in statement.params["ids"] if activity in inside or activity not in rim]
        return replace(statement, params={"ids": ids})

    def heard(statement: Statement, answer: list[Row]) -> None:
        if statement.name in ("work: claim", "commit"):
            inside.clear()
            rim.clear()
        if statement.name == "work: claim":
            inside.update(row[1] for row in answer)
        elif statement.name == "reach: read":
            inside.update(activity for activity, is_inside, _ in answer if is_inside)
            rim.update(activity for activity, is_inside, _ in answer if not is_inside)

    return _meddling(program, instead, heard)


MUTATIONS: Final[dict[str, Mutation]] = {
    "match does not read again under its locks": Mutation(
        _believing_the_first_match,
        "match and the rest: a key dies for good",
    ),
    "resolve does not check the closure under its locks": Mutation(
        _believing_the_first(_READS_OF_REACH, "work: claim", {"pairs: read"}),
        "resolve and the rest: two programmes become one",
    ),
    "resolve does not lock the rim": Mutation(_without_rim_lock, "resolve and resolve: both sides of a suspicion"),
    "fold does not lock activities": Mutation(_without_lock("activities: lock by name"), "fold and fold: a title goes"),
    "fold does not lock ids of events": Mutation(
        _without_lock("event ids: lock"), "fold and fold: two more contents of one id"
    ),
    "fold does not share the rows of imports": Mutation(
        _without_lock("imports: lock"), "fold and fold: an import is withdrawn, and one"
    ),
    "fold does not share the table of merges": Mutation(
        _changing(lambda statement: _without_text(statement, "; LOCK TABLE organisation_merges IN ROW SHARE MODE")),
        "fold and fold: a merge is undone while",
    ),
    "withdrawing an import does not look at others under the locks": Mutation(
        _without("imports: read"), "fold and fold: one report came with two imports"
    ),
    "match and resolve do not lock activities": Mutation(
        _without_lock("activities: lock"), "match and the rest: a programme falls apart"
    ),
    "a key that dies has nobody looked at again": Mutation(
        _without("dirty: insert carriers to check"), "match and the rest: a key dies for good"
    ),
    "a key that comes alive has nobody looked at again": Mutation(
        _without("dirty: insert carriers to match"), "match and the rest: a key dies and comes alive"
    ),
}
"""What must not be taken away."""
