"""The platform's processes, each started again when it falls, unless it is held down."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

__all__ = ["Process", "python_path", "tend", "until"]

_LOOK_SECONDS: Final = 0.05
_PAUSE_SECONDS: Final = 1.0
_STOP_SECONDS: Final = 40.0


class Process:
    """One process. `start` it; `tend` brings it back as long as it is not `held`."""

    def __init__(self, package: str, role: str, environment: Mapping[str, str], log: Path) -> None:
        self.name = log.stem
        self.held = False
        self.falls = 0
        self._started = 0.0
        self._command = [sys.executable, "-m", "istmo_faults.launching", package, role]
        self._environment = dict(environment)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        self.held, self._started = False, time.monotonic()
        with self._log.open("ab") as file:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file
            )

    @property
    def ended(self) -> bool:
        """Whether it has been started and does not run."""
        return self._process is not None and self._process.poll() is not None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        if self._process is not None and not self.ended:
            self._process.send_signal(number)

    async def stop(self) -> int:
        """Ask it to end, and hold it; its exit code (that of SIGKILL where it takes longer than 40 seconds)."""
        self.held = True
        assert self._process is not None
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            return await asyncio.to_thread(self._process.wait, _STOP_SECONDS)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int:
        """End it at once, and hold it; its exit code."""
        self.held = True
        if self._process is None:
            return 0
        self._process.kill()
        return self._process.wait()

    def revive(self) -> None:
        """Let it go on, or start it, if it was stopped or held."""
        self.signal(signal.SIGCONT)
        if self.ended and self.held:
            self.start()

    def tend(self) -> None:
        """Bring it back if it fell."""
        # One that cannot run is not started as fast as the machine can.
        if self.ended and not self.held and time.monotonic() - self._started > _PAUSE_SECONDS:
            self.falls += 1
            self.start()


async def tend(processes: list[Process]) -> None:
    """Bring back what falls, for ever: run it as a task."""
    while True:
        for process in processes:
            process.tend()
        await asyncio.sleep(_LOOK_SECONDS)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Return once it holds: another process makes it so, and does not tell."""
    while not await holds():  # noqa: ASYNC110
        await asyncio.sleep(_LOOK_SECONDS)


def python_path() -> str:
    """Where a child finds this package."""
    return os.pathsep.join(filter(None, [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH")]))
