"""A bound on the bytes that wait for the log's acknowledgement; aiokafka itself has none."""

import asyncio
from collections import deque

__all__ = ["ByteBudget"]


class ByteBudget:
    """Bytes that may be in flight at once. Whoever finds them spent waits in line."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._used = 0
        self._line: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def used_bytes(self) -> int:
        """What is in flight now."""
        return self._used

    async def take(self, size: int) -> None:
        """Take `size` bytes; where they are spent, wait in line until it is cancelled.

        One that is larger than the whole budget gets its turn when nothing else is in flight.
        """
        if not self._line and self._fits(size):
            self._used += size
            return
        turn = asyncio.get_running_loop().create_future()
        self._line.append((size, turn))
        try:
            await turn
        except BaseException:
            self._leave(size, turn)
            raise

    def give_back(self, size: int) -> None:
        """Return `size` bytes, and let those in line go on."""
        self._used -= size
        self._advance()

    def _fits(self, size: int) -> bool:
        return self._used == 0 or self._used + size <= self._limit

    def _advance(self) -> None:
        while self._line and self._fits(self._line[0][0]):
            size, turn = self._line.popleft()
            self._used += size
            turn.set_result(None)

    def _leave(self, size: int, turn: "asyncio.Future[None]") -> None:
        if turn.done() and not turn.cancelled():
            # The turn came in the very moment of leaving.
            self.give_back(size)
            return
        self._line.remove((size, turn))
        # Whoever stood behind may be small enough.
        self._advance()
