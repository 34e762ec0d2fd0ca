"""Event ids that are being decided on in this process, so that two posts of one id get answers that fit together."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import TypeAlias

__all__ = ["EventName", "InFlight"]

EventName: TypeAlias = tuple[str, str, str]
"""Partner, source and id: what makes an event one."""


class InFlight:
    """The claims of this process. Where another decides at the same time, the registry stands right all the same."""

    def __init__(self) -> None:
        self._claims: dict[EventName, asyncio.Event] = {}

    @asynccontextmanager
    async def claim(self, names: Collection[EventName], patience_seconds: float) -> AsyncIterator[None]:
        """Hold `names` within the context; waits while another holds one of them.

        All are taken in one step or none, so that no two can wait for each other. Raises TimeoutError after
        `patience_seconds`.
        """
        async with asyncio.timeout(patience_seconds):
            while (held := next((self._claims[name] for name in names if name in self._claims), None)) is not None:
                await held.wait()
        released = asyncio.Event()
        self._claims |= dict.fromkeys(names, released)
        try:
            yield
        finally:
            for name in names:
                self._claims.pop(name, None)
            released.set()
