"""Free TCP ports of 127.0.0.1."""

import random
import socket

__all__ = ["LOOPBACK", "free_port", "is_free", "is_listening"]

LOOPBACK = "127.0.0.1"

# Below the range from which systems take the ports of outgoing connections (32768 on Linux, 49152 on macOS),
# so that nobody is handed the chosen port between the choice and the start of its server.
_RANGE = range(20000, 32000)


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


def free_port(preferred: int | None = None) -> int:
    """`preferred` if it is free, otherwise a free port chosen at random.

    Raises OSError when no free port was found.
    """
    if preferred is not None and is_free(preferred):
        return preferred
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
