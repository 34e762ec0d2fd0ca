"""Players: each runs a program of statements on its own connection, one statement at a time, as the schedule says."""

import contextlib
import queue
import threading
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Protocol

from istmo_interleavings.driving import execute
from istmo_interleavings.tables import Tables
from istmo_registry.stages.relay import Answer, Send
from istmo_registry.store.outbox import OutboxRow
from istmo_registry.store.statement import Row, Statement

__all__ = ["Part", "Player", "Program", "Schedule", "Segment", "Sent", "Step", "Yielded", "play"]

Program = Generator[Any, Any, Any]
"""A stage, or several one after the other."""

Yielded = Statement | Send
"""What a program has executed."""

Sent = list[OutboxRow]
"""A log: what was sent to it, in order."""

Segment = tuple[str, int | None]
"""Whose turn it is, and for how many statements (None: to the end)."""

Schedule = tuple[Segment, ...]
"""One turn after the other."""

_SOON_SECONDS: Final = 0.002


class Part(Enum):
    """How much of a statement was executed in a step."""

    WHOLE = "all of it, at once"
    BEGUN = "it was begun, and waits for a lock"
    ENDED = "the wait is over, and the rest of it was executed"


@dataclass(frozen=True, slots=True)
class Step:
    """What one player did at once."""

    player: str
    yielded: Yielded
    part: Part


class Playing(Protocol):
    """What `play` needs to know of a player."""

    @property
    def finished(self) -> bool:
        """Whether nothing of the program is left."""

    @property
    def waiting(self) -> bool:
        """Whether a statement is begun, and was blocked when that was last asked."""

    @property
    def played(self) -> int:
        """How many statements were executed."""

    @property
    def yielded(self) -> Yielded:
        """What is executed next, or waits."""

    def step(self) -> Part | None:
        """Have that executed, as far as nobody blocks it; None: what was begun still waits."""


class Player:
    """Runs programs in a thread with a connection of its own."""

    def __init__(self, tables: Tables, sent: Sent) -> None:
        self._sent = sent
        self._control = tables.control
        self._connection = tables.connect()
        self._pid = self._connection.info.backend_pid
        self._statements: queue.SimpleQueue[Statement | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[list[Row] | Exception] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()
        self._program: Program
        self._yielded: Yielded | None = None
        self.waiting = False
        self.played = 0

    def begin(self, program: Program) -> None:
        """Take up a program. The one before must be finished."""
        self._program, self.waiting, self.played = program, False, 0
        self._advance(None)

    @property
    def finished(self) -> bool:
        """Whether nothing of the program is left."""
        return self._yielded is None

    @property
    def yielded(self) -> Yielded:
        """What is executed next, or waits."""
        assert self._yielded is not None
        return self._yielded

    def step(self) -> Part | None:
        """Have that executed, as far as nobody blocks it; None: what was begun still waits."""
        yielded = self.yielded
        if isinstance(yielded, Send):
            self._sent.extend(yielded.rows)
            return self._go_on([Answer.ACKNOWLEDGED for _ in yielded.rows], Part.WHOLE)
        waited = self.waiting
        if not waited:
            self._statements.put(yielded)
        elif self._blocked():
            return None
        answer = self._await_answer()
        self.waiting = answer is None
        if answer is None:
            return None if waited else Part.BEGUN
        if isinstance(answer, Exception):
            raise answer
        return self._go_on(answer, Part.ENDED if waited else Part.WHOLE)

    def close(self) -> None:
        """End the thread and the connection, whatever it is at."""
        self._connection.cancel_safe()
        self._statements.put(None)
        self._thread.join(10)
        self._connection.close()

    def _go_on(self, answer: list[Any], part: Part) -> Part:
        self.played += 1
        self._advance(answer)
        return part

    def _advance(self, answer: list[Any] | None) -> None:
        # A program that fails is finished, too.
        self._yielded = None
        with contextlib.suppress(StopIteration):
            self._yielded = self._program.send(answer)

    def _await_answer(self) -> list[Row] | Exception | None:
        """The answer to what was begun; None as soon as somebody blocks it."""
        while True:
            try:
                return self._results.get(timeout=_SOON_SECONDS)
            except queue.Empty:
                if self._blocked():
                    return None

    def _blocked(self) -> bool:
        blocking = self._control.execute("SELECT cardinality(pg_blocking_pids(%s))", [self._pid]).fetchone()
        return blocking != (0,)

    def _work(self) -> None:
        while (statement := self._statements.get()) is not None:
            try:
                self._results.put(execute(self._connection, statement))
            except Exception as error:
                self._results.put(error)


def play(players: Mapping[str, Playing], schedule: Schedule) -> list[Step]:
    """Play the segments in their order, each until its end or until it is blocked; then everything that is left.

    Returns the steps. A wait ends in the step after the one that ended it.
    """
    history: list[Step] = []
    for name, statements in schedule:
        _turn(players, name, statements, history)
    while not all(player.finished for player in players.values()):
        # Whoever is blocked waits for another one. If all wait for one another, PostgreSQL ends one with an error.
        for name in sorted(players):
            _turn(players, name, None, history)
    return history


def _turn(players: Mapping[str, Playing], name: str, statements: int | None, history: list[Step]) -> None:
    player = players[name]
    until = None if statements is None else player.played + statements
    while not player.finished and (until is None or player.played < until):
        if not _step(player, name, history):
            return
        for waiting, other in players.items():
            if other.waiting:
                _step(other, waiting, history)


def _step(player: Playing, name: str, history: list[Step]) -> bool:
    yielded, part = player.yielded, player.step()
    if part is not None:
        history.append(Step(name, yielded, part))
    return part in (Part.WHOLE, Part.ENDED)
