"""Who runs on which core: what is measured has the first one, what loads and serves it has the others."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import psutil

from istmo_stack.ports import is_listening

__all__ = ["Measured", "measured", "stand_aside"]

_TICK_SECONDS: Final = 0.01
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 20.0
_MEASURED: Final = 0
_HERE: Final = Path(__file__).parent.parent
"""Where the bare forms are imported from."""


def stand_aside() -> None:
    """Leave the first core to what is measured: this process, and all that it starts otherwise, use the others.

    Where the system cannot bind processes to cores, or has a single one, everything runs everywhere.
    """
    if hasattr(os, "sched_setaffinity"):
        others = os.sched_getaffinity(0) - {_MEASURED}
        os.sched_setaffinity(0, others or {_MEASURED})


@dataclass(frozen=True, slots=True)
class Measured:
    """A running process that is measured."""

    process: psutil.Process

    def cpu_seconds(self) -> float:
        """CPU time so far, of the system on its behalf too."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def cpu_seconds_since(self, before: float) -> float:
        """CPU time since it was `before`; at least one tick of the clock by which the system counts it."""
        return max(self.cpu_seconds() - before, _TICK_SECONDS)

    def memory_bytes(self) -> int:
        """Memory of its own; what it shares with others by its part, where the system tells."""
        try:
            return int(self.process.memory_full_info().pss)
        except (psutil.AccessDenied, AttributeError):
            return int(self.process.memory_info().rss)


@contextmanager
def measured(
    module: str,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    port: int | None = None,
    ready: Callable[[], bool] | None = None,
    alone: bool = True,
) -> Iterator[Measured]:
    """Run `python -m module`, `alone` on the first core or else on all. Entered once it listens and is `ready`.

    Raises RuntimeError, with what the process said, where it ends or is not ready within a minute.
    """
    command = [sys.executable, "-m", module, *arguments]
    settings = {**os.environ, "PYTHONPATH": str(_HERE), **(environment or {})}
    with tempfile.TemporaryFile() as output:
        started = subprocess.Popen(command, env=settings, stdout=output, stderr=subprocess.STDOUT)
        try:
            if hasattr(os, "sched_setaffinity"):
                # It has one thread yet; those that it starts stay where it is.
                os.sched_setaffinity(started.pid, {_MEASURED} if alone else range(os.cpu_count() or 1))
            _wait(started, port, ready or (lambda: True), lambda: _said(output, command))
            yield Measured(psutil.Process(started.pid))
        finally:
            _end(started)


def _wait(
    started: "subprocess.Popen[bytes]", port: int | None, ready: Callable[[], bool], said: Callable[[], str]
) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not ((port is None or is_listening(f"127.0.0.1:{port}")) and ready()):
        if started.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(said())
        time.sleep(0.05)


def _end(started: "subprocess.Popen[bytes]") -> None:
    started.terminate()
    try:
        started.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        started.kill()
        started.wait()


def _said(output: IO[bytes], command: Sequence[str]) -> str:
    output.seek(0)
    text = output.read()[-4000:].decode(errors="replace")
    return f"{' '.join(command)} did not get ready:\n{text}"
