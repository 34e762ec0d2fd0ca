"""Event ids that are being decided on in this process, so that two posts of one id get answers that fit together."""

import asyncio
from collections.abc import Collection
from types import TracebackType
from typing import TypeAlias

__all__ = ["EventName", "InFlight"]

EventName: TypeAlias = tuple[str, str, str]
"""Partner, source and id: what makes an event one."""


class InFlight:
    """The claims of this process. Where another decides at the same time, the registry stands right all the same."""

    def __init__(self) -> None:
        self._claims: dict[EventName, Claim] = {}

    async def claim(self, names: Collection[EventName], patience_seconds: float) -> "Claim":
        """A claim of `names`, to be left as a context; waits while another holds one of them.

        All are taken in one step or none, so that no two can wait for each other. Raises TimeoutError after
        `patience_seconds`.
        """
        if self._held(names) is not None:
            async with asyncio.timeout(patience_seconds):
                while (held := self._held(names)) is not None:
                    await held.left()
        return Claim(self._claims, names)

    def _held(self, names: Collection[EventName]) -> "Claim | None":
        return next((self._claims[name] for name in names if name in self._claims), None)


class Claim:
    """Names that are held from its making until it is left."""

    def __init__(self, claims: "dict[EventName, Claim]", names: Collection[EventName]) -> None:
        self._claims = claims
        self._names = names
        # Made by the first who waits: as a rule nobody does.
        self._left: asyncio.Event | None = None
        for name in names:
            claims[name] = self

    async def left(self) -> None:
        """Wait until it is left."""
        if self._left is None:
            self._left = asyncio.Event()
        await self._left.wait()

    def __enter__(self) -> None:
        """The names are held already."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for name in self._names:
            self._claims.pop(name, None)
        if self._left is not None:
            self._left.set()
