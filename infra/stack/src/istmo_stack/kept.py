"""A child process that is brought back when it falls, but not for ever."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from istmo_stack.child import Child

__all__ = ["Kept", "RestartPolicy"]


@dataclass(frozen=True)
class RestartPolicy:
    """How a fallen process is brought back.

    The pause doubles from `first_pause_seconds` up to `longest_pause_seconds`; a process that ran for `steady_seconds`
    starts anew; one that fell `most_falls` times in a row is given up.
    """

    first_pause_seconds: float = 0.25
    longest_pause_seconds: float = 15.0
    steady_seconds: float = 30.0
    most_falls: int = 20

    def pause_seconds(self, falls: int) -> float:
        """How long to wait after so many falls in a row."""
        return min(self.longest_pause_seconds, self.first_pause_seconds * 2.0 ** (falls - 1))


class Kept:
    """One process and its falls. `tend` is called again and again; it never blocks for long."""

    def __init__(
        self,
        name: str,
        child: Child,
        start: Callable[[], None],
        policy: RestartPolicy,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.child = child
        self.restarts = 0
        self._start = start
        self._policy = policy
        self._clock = clock
        self._falls = 0
        self._started_at = 0.0
        self._due: float | None = None

    @property
    def given_up(self) -> bool:
        """Whether it fell so often that it stays down."""
        return self._falls >= self._policy.most_falls

    @property
    def falls(self) -> int:
        """How often it fell in a row, without running steadily between."""
        return self._falls

    def start(self) -> None:
        """Start the process."""
        self._due = None
        self._started_at = self._clock()
        self._start()

    def tend(self) -> bool:
        """Notice a fall, or bring the process back when its pause is over; whether something changed."""
        now = self._clock()
        if self.child.alive:
            if self._falls and now - self._started_at >= self._policy.steady_seconds:
                self._falls = 0
            return False
        if self._due is None:
            self._falls += 1
            self._due = now + self._policy.pause_seconds(self._falls)
            return True
        if self.given_up or now < self._due:
            return False
        self.restarts += 1
        self.start()
        return True

    def state(self) -> dict[str, Any]:
        """For whoever asks: `up`, `down` (to be brought back) or `given up`, with its pid and its restarts."""
        up = self.child.alive
        word = "up" if up else "given up" if self.given_up else "down"
        return {"state": word, "pid": self.child.pid, "restarts": self.restarts}
