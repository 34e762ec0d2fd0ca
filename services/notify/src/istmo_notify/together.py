"""Many who ask at about the same time, and one act that answers them all."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

__all__ = ["Together"]

A = TypeVar("A")
R = TypeVar("R")


class Together(Generic[A, R]):
    """What is asked while `act` is at work is put to it together, once it is done.

    `act` gives one answer for each thing asked, in order; what it raises is raised for all of them.
    """

    def __init__(self, act: Callable[[Sequence[A]], Awaitable[Sequence[R]]]) -> None:
        self._act = act
        self._waiting: list[tuple[A, asyncio.Future[R]]] = []
        self._working: asyncio.Task[None] | None = None

    async def ask(self, one: A) -> R:
        """The answer to `one`."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, answer))
        if self._working is None:
            self._working = asyncio.create_task(self._work())
        return await answer

    async def _work(self) -> None:
        try:
            while self._waiting:
                asked, self._waiting = self._waiting, []
                await self._answer(asked)
        finally:
            self._working = None

    async def _answer(self, asked: Sequence[tuple[A, "asyncio.Future[R]"]]) -> None:
        try:
            answers = await self._act([one for one, _ in asked])
        except Exception as error:
            for _, future in asked:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(asked, answers, strict=True):
            # Whoever asked may have gone away.
            if not future.done():
                future.set_result(answer)
