"""Players: each runs a program of statements on its own connection, one statement at a time, as the schedule says."""

import queue
import threading
from collections.abc import Generator, Mapping, Sequence
from typing import Any, Final

from istmo_interleavings.driving import execute
from istmo_interleavings.tables import Tables
from istmo_registry.stages.relay import Answer, Send
from istmo_registry.store.outbox import OutboxRow
from istmo_registry.store.statement import Row, Statement

__all__ = ["Player", "Program", "Segment", "Sent", "play"]

Program = Generator[Any, Any, Any]
"""A stage, or several one after the other."""

Sent = list[OutboxRow]
"""A log: what was sent to it, in order."""

Segment = tuple[str, int | None]
"""Whose turn it is, and for how many statements (None: to the end)."""

_SOON_SECONDS: Final = 0.002


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
        self._program: Program | None = None
        self._answer: list[Any] | None = None
        self._waiting = False
        self.played = 0

    def begin(self, program: Program) -> None:
        """Take up a program. The one before must be finished."""
        self._program, self._answer, self._waiting, self.played = program, None, False, 0

    @property
    def finished(self) -> bool:
        """Whether nothing of the program is left."""
        return self._program is None

    def step(self) -> bool:
        """Have one more statement executed, if nobody blocks it; False if somebody does."""
        if self._program is None:
            return True
        if not self._waiting:
            program, self._program = self._program, None
            try:
                yielded = program.send(self._answer)
            except StopIteration:
                return True
            self._program = program
            if isinstance(yielded, Send):
                return self._send(yielded)
            self._statements.put(yielded)
            self._waiting = True
        return self._await_answer()

    def close(self) -> None:
        """End the thread and the connection, whatever it is at."""
        self._connection.cancel_safe()
        self._statements.put(None)
        self._thread.join(10)
        self._connection.close()

    def _send(self, send: Send) -> bool:
        self._sent.extend(send.rows)
        self._answer = [Answer.ACKNOWLEDGED for _ in send.rows]
        self.played += 1
        return True

    def _await_answer(self) -> bool:
        while True:
            try:
                answer = self._results.get(timeout=_SOON_SECONDS)
            except queue.Empty:
                blocking = self._control.execute("SELECT cardinality(pg_blocking_pids(%s))", [self._pid]).fetchone()
                if blocking != (0,):
                    return False
                continue
            self._waiting = False
            if isinstance(answer, Exception):
                raise answer
            self._answer = answer
            self.played += 1
            return True

    def _work(self) -> None:
        while (statement := self._statements.get()) is not None:
            try:
                self._results.put(execute(self._connection, statement))
            except Exception as error:
                self._results.put(error)


def play(players: Mapping[str, Player], schedule: Sequence[Segment]) -> None:
    """Play the segments in their order, each until its end or until it is blocked; then everything that is left."""
    for name, statements in schedule:
        _turn(players[name], statements)
    while not all(player.finished for player in players.values()):
        # Whoever is blocked waits for another one. If all wait for one another, PostgreSQL ends one with an error.
        for player in players.values():
            _turn(player, None)


def _turn(player: Player, statements: int | None) -> None:
    until = None if statements is None else player.played + statements
    while not player.finished and (until is None or player.played < until):
        if not player.step():
            return
