"""A worker's sign of life: a file whose age says how long ago the slowest of its loops last went round.

A worker has no port to ask. Each of its loops beats whenever it goes round, busy or idle; the file named by
ISTMO_HEARTBEAT_FILE carries the time of the loop that did so longest ago. So neither an event loop that stands still
nor one loop that hangs beside others that turn looks alive. `python -m istmo_common.heartbeat` exits 1 when the file is
older than 30 seconds or not there: it is written once every loop has begun.
"""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeAlias

__all__ = ["HEARTBEAT_FILE", "Beat", "Heart", "heartbeat", "is_alive", "no_beat"]

HEARTBEAT_FILE = "ISTMO_HEARTBEAT_FILE"
_EVERY_SECONDS = 1.0
_MAX_AGE_SECONDS = 30.0

Beat: TypeAlias = Callable[[], None]
"""What a loop calls whenever it goes round."""


def no_beat() -> None:
    """For a loop that nobody watches."""


class Heart:
    """The loops of a process, each by its last beat (seconds of the system's clock)."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def pulse(self, name: str) -> Beat:
        """The beat of a loop that begins now."""

        def beat() -> None:
            self._last[name] = time.time()

        beat()
        return beat

    @property
    def slowest(self) -> float | None:
        """When the loop that is behind the others last went round; None before any has begun."""
        return min(self._last.values(), default=None)


@contextlib.asynccontextmanager
async def heartbeat(path: Path | None = None, every_seconds: float = _EVERY_SECONDS) -> AsyncIterator[Heart]:
    """Keep the time of the slowest loop at `path` (default: ISTMO_HEARTBEAT_FILE; without one, nowhere)."""
    named = os.environ.get(HEARTBEAT_FILE)
    path = path or (Path(named) if named else None)
    heart = Heart()
    if path is None:
        yield heart
        return
    task = asyncio.create_task(_keep(heart, path, every_seconds))
    try:
        yield heart
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        path.unlink(missing_ok=True)


async def _keep(heart: Heart, path: Path, every_seconds: float) -> None:
    while True:
        slowest = heart.slowest
        if slowest is not None:
            path.touch()  # noqa: ASYNC240 - one touch of a local file a second
            os.utime(path, (slowest, slowest))
        await asyncio.sleep(every_seconds)


def is_alive(path: Path, max_age_seconds: float = _MAX_AGE_SECONDS) -> bool:
    """Whether every loop went round within `max_age_seconds`."""
    try:
        return time.time() - path.stat().st_mtime <= max_age_seconds
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    sys.exit(0 if is_alive(Path(os.environ[HEARTBEAT_FILE])) else 1)
