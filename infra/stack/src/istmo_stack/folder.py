"""`<data>`: all that one stack keeps, where it keeps it, and who holds it."""

import contextlib
import fcntl
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from istmo_stack.errors import RestoreInterrupted, StackRunning

__all__ = ["Addresses", "DataFolder", "write_private"]

_LOCK_TRIES = 20


@dataclass(frozen=True)
class Addresses:
    """Where a running stack is reached: URLs, the broker's `host:port`, and the file with the operator's key."""

    ingest: str
    registry: str
    notify: str
    kafka: str
    postgres: str
    redis: str
    admin_key_file: str

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """The addresses in a `stack.json`, or None when no stack wrote one."""
        try:
            return cls(**json.loads(path.read_text()))
        except FileNotFoundError:
            return None


class DataFolder:
    """The paths of one stack, its secrets (mode 0600), and the lock that its supervisor holds while it lives."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.stack_file = self.root / "stack.json"
        self.state_file = self.root / "state.json"
        self.ports_file = self.root / "ports.json"
        self.admin_key_file = self.root / "admin.key"
        self.handle_key_file = self.root / "handle.key"
        self.desk_key_file = self.root / "desk.key"
        self.logs = self.root / "logs"
        self.run = self.root / "run"
        self.restoring_file = self.root / "restoring"
        self._lock_file = self.root / "lock"

    def make(self) -> None:
        """Make the folder, closed to other users."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self.logs, self.run):
            folder.mkdir(exist_ok=True)

    def heartbeat_file(self, name: str) -> Path:
        """The file that a worker touches as long as it turns."""
        return self.run / f"{name}.heartbeat"

    def addresses(self) -> Addresses | None:
        """The running stack's addresses, or None."""
        return Addresses.read(self.stack_file)

    def publish(self, addresses: Addresses) -> None:
        """Say where the stack is reached; for its owner only, since the addresses carry passwords."""
        write_private(self.stack_file, json.dumps(asdict(addresses), indent=2) + "\n")

    def state(self) -> dict[str, Any]:
        """What the supervisor last wrote about itself; empty when none did."""
        try:
            return dict(json.loads(self.state_file.read_text()))
        except FileNotFoundError:
            return {}

    def write_state(self, state: dict[str, Any]) -> None:
        """Keep the supervisor's state for whoever asks."""
        write_private(self.state_file, json.dumps(state))

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder for this process. The system lets go of it whatever ends the process.

        Raises StackRunning when another process holds it.
        """
        self.make()
        with self._lock_file.open("a+") as handle:
            for attempt in range(_LOCK_TRIES):
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    # Somebody may only be looking (see `holder`), which takes no time.
                    if attempt == _LOCK_TRIES - 1:
                        raise StackRunning(str(self.root)) from None
                    time.sleep(0.05)
            handle.truncate(0)
            handle.write(str(os.getpid()))
            handle.flush()
            yield

    def check_whole(self) -> None:
        """Raises RestoreInterrupted where a restore did not come to its end."""
        if self.restoring_file.exists():
            raise RestoreInterrupted(
                "a restore of this folder ended half-way; run it again with --replace: "
                f"istmo restore {self.restoring_file.read_text()} --replace --data {self.root}"
            )

    def holder(self) -> int | None:
        """The pid of the process that holds the folder, or None."""
        try:
            with self._lock_file.open() as handle:
                try:
                    fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return int(handle.read() or 0) or None
        except FileNotFoundError:
            pass
        return None

    def secret(self, path: Path, make: Callable[[], str] = lambda: secrets.token_urlsafe(32)) -> str:
        """The secret in a file of the folder, made the first time."""
        if not path.exists():
            write_private(path, make() + "\n")
        return path.read_text().strip()


def write_private(path: Path, text: str) -> None:
    """Write a file that its owner alone may read; it appears whole or not at all."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(path)
