"""A bound on the bytes that wait for the log's acknowledgement; aiokafka itself has none."""

import asyncio
from collections import deque

from istmo_common.errors import BrokerUnavailable

__all__ = ["ByteBudget"]


class ByteBudget:
    """Bytes that may be in flight at once. Whoever finds them spent waits in line, but not for ever."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._used = 0
        self._line: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def used_bytes(self) -> int:
        """What is in flight now."""
        return self._used

    async def take(self, size: int, deadline: float) -> None:
        """Take `size` bytes, waiting until the loop's time `deadline` if they are spent.

        One that is larger than the whole budget gets its turn when nothing else is in flight.
        Raises `BrokerUnavailable` when the deadline passes first.
        """
        if not self._line and self._fits(size):
            self._used += size
            return
        turn = asyncio.get_running_loop().create_future()
        self._line.append((size, turn))
        try:
            async with asyncio.timeout_at(deadline):
                await turn
        except BaseException as error:
            self._leave(size, turn)
            if isinstance(error, TimeoutError):
                raise BrokerUnavailable("too much is waiting for the log already") from None
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
