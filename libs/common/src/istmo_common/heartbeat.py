"""A worker's sign of life: a file that its event loop touches, and a check of the file's age.

A worker has no port to ask. While its loop turns, the file named by ISTMO_HEARTBEAT_FILE is touched every second;
`python -m istmo_common.heartbeat` exits 1 when that has not happened lately.
"""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

__all__ = ["HEARTBEAT_FILE", "heartbeat", "is_alive"]

HEARTBEAT_FILE = "ISTMO_HEARTBEAT_FILE"
_EVERY_SECONDS = 1.0
_MAX_AGE_SECONDS = 30.0


async def _beat(path: Path, every_seconds: float) -> None:
    while True:
        path.touch()  # noqa: ASYNC240 - one touch of a local file a second
        await asyncio.sleep(every_seconds)


@contextlib.asynccontextmanager
async def heartbeat(path: Path | None = None, every_seconds: float = _EVERY_SECONDS) -> AsyncIterator[None]:
    """Touch `path` (default: ISTMO_HEARTBEAT_FILE; without one, nothing is done) as long as the block runs."""
    named = os.environ.get(HEARTBEAT_FILE)
    path = path or (Path(named) if named else None)
    if path is None:
        yield
        return
    task = asyncio.create_task(_beat(path, every_seconds))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        path.unlink(missing_ok=True)


def is_alive(path: Path, max_age_seconds: float = _MAX_AGE_SECONDS) -> bool:
    """Whether the file was touched within `max_age_seconds`."""
    try:
        return time.time() - path.stat().st_mtime <= max_age_seconds
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    sys.exit(0 if is_alive(Path(os.environ[HEARTBEAT_FILE])) else 1)
