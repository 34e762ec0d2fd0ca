"""Free TCP ports of 127.0.0.1, and the ports that a stack keeps for itself."""

import fcntl
import json
import os
import random
import socket
import tempfile
import time
from pathlib import Path
from typing import TextIO

__all__ = ["LOOPBACK", "PortBook", "free_port", "is_free", "is_listening"]

LOOPBACK = "127.0.0.1"

# Below the range from which systems take the ports of outgoing connections (32768 on Linux, 49152 on macOS),
# so that nobody is handed the chosen port between the choice and the start of its server.
_RANGE = range(20000, 32000)

_PATIENCE_SECONDS = 3.0


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        # What a server sets too: without it, a port whose last connections are still closing looks taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A free port chosen at random. Raises OSError when none was found."""
    for port in random.sample(_RANGE, 200):
        if is_free(port):
            return port
    raise OSError("no free port on 127.0.0.1")


def is_listening(address: str) -> bool:
    """Whether somebody takes connections at `host:port`."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=2):
            return True
    except OSError:
        return False


class PortBook:
    """The ports of one stack: kept in a file between its runs, and kept from other stacks while it runs.

    Two stacks that start together would both find a port free; so each claims what it chose by a lock, which ends
    with its process.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._claims: list[TextIO] = []
        self._ports: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}

    def port(self, name: str, preferred: int | None = None) -> int:
        """The port that `name` had before, else the preferred one, else any: the first of these that is free."""
        remembered = self._ports.get(name)
        if remembered is not None and self._claim(remembered):
            # What a killed server leaves behind may hold its port for another moment.
            deadline = time.monotonic() + _PATIENCE_SECONDS
            while time.monotonic() < deadline:
                if is_free(remembered):
                    return remembered
                time.sleep(0.05)
        others = {port for other, port in self._ports.items() if other != name}
        for port in ([] if preferred is None else [preferred]) + [free_port() for _ in range(50)]:
            if port not in others and is_free(port) and self._claim(port):
                self._ports[name] = port
                self._path.write_text(json.dumps(self._ports, indent=2) + "\n")
                return port
        raise OSError("no free port on 127.0.0.1")

    def release(self) -> None:
        """Let other stacks have these ports."""
        for claim in self._claims:
            claim.close()
        self._claims.clear()

    def _claim(self, port: int) -> bool:
        folder = Path(tempfile.gettempdir()) / f"istmo-ports-{os.geteuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        claim = (folder / str(port)).open("w")
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            claim.close()
            return False
        self._claims.append(claim)
        return True
