"""Who waits at the end of which list: woken by NOTIFY, and one look a second for all readers of a process."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from istmo_common.postgres import Pool
from istmo_notify.store import lists
from istmo_notify.store.waking import Waker

__all__ = ["Tail", "Tails"]

_LOOK_SECONDS: Final = 1.0

_log = structlog.get_logger(__name__)


class Tail:
    """The end of one list, as one reader waits for it. `last` is the newest number that is known of."""

    def __init__(self) -> None:
        self.last = 0
        self._woken = asyncio.Event()

    def grow(self, last: int) -> None:
        """There is more to read, up to this number."""
        self.last = last
        self.wake()

    def wake(self) -> None:
        """There is something to look at."""
        self._woken.set()

    async def wait(self, timeout_seconds: float) -> None:
        """Wait until woken, so long at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                await self._woken.wait()
        self._woken.clear()


class Tails:
    """The lists that readers of this process wait at. `run` it as a task."""

    def __init__(self, pool: Pool, waker: Waker, stop: asyncio.Event) -> None:
        self._pool = pool
        self._waker = waker
        self._stop = stop
        self._tails: defaultdict[str, set[Tail]] = defaultdict(set)
        self._known: dict[str, tuple[int, int]] = {}

    @property
    def count(self) -> int:
        """How many readers wait."""
        return sum(len(tails) for tails in self._tails.values())

    @contextmanager
    def at(self, view: str) -> Iterator[Tail]:
        """Wait at the end of a list, for as long as the block runs."""
        tail = Tail()
        self._tails[view].add(tail)
        try:
            yield tail
        finally:
            self._tails[view].discard(tail)
            if not self._tails[view]:
                del self._tails[view]
                self._known.pop(view, None)

    async def run(self) -> None:
        """Look for growth until `stop` is set; then wake everybody a last time."""
        stopping = asyncio.create_task(self._stop.wait())
        with self._waker.waiting() as woken:
            while not self._stop.is_set():
                woken.clear()
                try:
                    await self._look()
                except (psycopg.OperationalError, PoolTimeout) as error:
                    _log.warning("the lists cannot be looked at now", reason=type(error).__name__)
                waking = asyncio.create_task(woken.wait())
                await asyncio.wait({waking, stopping}, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                waking.cancel()
        for tails in self._tails.values():
            for tail in tails:
                tail.wake()

    async def _look(self) -> None:
        if not self._tails:
            return
        async with self._pool.connection() as connection:
            found = await lists.ends(connection, list(self._tails))
        for view, end in found.items():
            if view in self._tails and self._known.get(view) != end:
                self._known[view] = end
                for tail in self._tails[view]:
                    tail.grow(end[1])
