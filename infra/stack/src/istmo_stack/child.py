"""One child process: started with its output in a log, known by pid and start time, stopped with certainty."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

from istmo_stack.errors import ChildError, StartTimeout

__all__ = ["Child", "Identity", "wait_until"]

# Start times are kept to the clock tick, and the clock may be set meanwhile.
_SAME_START_SECONDS = 2.0

# A log that has grown beyond this is put aside at the next start; the one put aside before goes.
_LOG_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class Identity:
    """A process, told from a later one that was given the same number.

    `started` is in seconds since the epoch.
    """

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> Self | None:
        """The identity of a running process, or None when there is none."""
        try:
            return cls(pid, psutil.Process(pid).create_time())
        except psutil.NoSuchProcess:
            return None

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """The identity kept in a file, or None when the file is absent or was not written to its end."""
        try:
            stored = json.loads(path.read_text())
            return cls(int(stored["pid"]), float(stored["started"]))
        except (OSError, ValueError, KeyError):
            return None

    def write(self, path: Path) -> None:
        """Keep this identity in a file, whole or not at all."""
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps({"pid": self.pid, "started": self.started}))
        draft.replace(path)

    def process(self) -> psutil.Process | None:
        """The process itself while it runs; None once it ended, even if another one has its number."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) <= _SAME_START_SECONDS
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.process() is not None

    def end(self, *, sign: signal.Signals = signal.SIGTERM, timeout_seconds: float = 20.0) -> None:
        """Send `sign`, wait, and send SIGKILL when it took longer than `timeout_seconds`."""
        process = self.process()
        if process is None:
            return
        try:
            process.send_signal(sign)
            if not wait_until(lambda: not self.alive, timeout_seconds=timeout_seconds):
                process.kill()
                wait_until(lambda: not self.alive, timeout_seconds=10.0)
        except psutil.NoSuchProcess:
            return


def wait_until(condition: Callable[[], bool], *, timeout_seconds: float, every_seconds: float = 0.02) -> bool:
    """Whether `condition` came true within `timeout_seconds`."""
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every_seconds)
    return True


class Child:
    """A child process in a session of its own: Ctrl-C reaches its parent only, which stops it in order.

    Output goes to `log_path`; pid and start time to `pid_path`, so that a later run recognises what an earlier one,
    killed, left behind. `user` drops root's rights to that user.
    """

    def __init__(
        self,
        name: str,
        *,
        log_path: Path,
        pid_path: Path,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        stop_timeout_seconds: float = 20.0,
    ) -> None:
        self.name = name
        self.log_path = log_path
        self._pid_path = pid_path
        self._user = user
        self._stop_signal = stop_signal
        self._stop_timeout_seconds = stop_timeout_seconds
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str] | None = None) -> None:
        """Start `command`, after ending what an earlier run left behind under this name."""
        self.stop()
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        self._pid_path.parent.mkdir(parents=True, exist_ok=True)
        if self.log_path.exists() and self.log_path.stat().st_size > _LOG_BYTES:
            self.log_path.replace(self.log_path.with_suffix(".old.log"))
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the commands are the stack's own
                [os.fspath(part) for part in command],
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self._user,
                extra_groups=None if self._user is None else [],
            )
        identity = Identity.of(self._process.pid)
        if identity is not None:
            identity.write(self._pid_path)

    @property
    def pid(self) -> int | None:
        """The process number while it runs."""
        return self._process.pid if self._process is not None and self.alive else None

    @property
    def alive(self) -> bool:
        """Whether the process, as started here, still runs."""
        return self._process is not None and self._process.poll() is None

    def wait_for(self, healthy: Callable[[], bool], *, timeout_seconds: float) -> None:
        """Return once `healthy` says so.

        Raises ChildError when the process ends before, StartTimeout when time runs out.
        """
        deadline = time.monotonic() + timeout_seconds
        while not healthy():
            if not self.alive:
                raise ChildError(f"{self.name} ended while starting; {self.last_words()}")
            if time.monotonic() > deadline:
                raise StartTimeout(f"{self.name} is not healthy after {timeout_seconds:.0f} s; {self.last_words()}")
            time.sleep(0.05)

    def last_words(self, lines: int = 15) -> str:
        """The end of the log, and where the whole of it is."""
        try:
            text = self.log_path.read_bytes()[-8000:].decode(errors="replace")
        except OSError:
            text = ""
        return f"the last lines of {self.log_path}:\n" + "\n".join(text.splitlines()[-lines:])

    def ask_to_stop(self) -> None:
        """Send the signal to end and return at once; `stop` then waits."""
        if self._process is not None and self.alive:
            self._process.send_signal(self._stop_signal)

    def stop(self) -> None:
        """Ask the process to end, wait, and kill it when it takes too long; also one left by an earlier run."""
        if self._process is not None:
            self.ask_to_stop()
            try:
                self._process.wait(self._stop_timeout_seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        elif (left := Identity.read(self._pid_path)) is not None:
            left.end(sign=self._stop_signal, timeout_seconds=self._stop_timeout_seconds)
        self._forget()

    def kill(self) -> None:
        """End the process as a power cut would: SIGKILL, nothing flushed or told."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._forget()

    def _forget(self) -> None:
        self._process = None
        self._pid_path.unlink(missing_ok=True)
