"""How many who ask at the same time are answered by one act."""

import asyncio
from collections.abc import Sequence

import pytest

from istmo_notify.together import Together


async def test_what_is_asked_meanwhile_goes_together() -> None:
    """Endpoints that are delivered to at the same time cost one look at the tables, and each gets what is its own."""
    asked: list[Sequence[int]] = []
    begun, free = asyncio.Event(), asyncio.Event()

    async def double(numbers: Sequence[int]) -> list[int]:
        asked.append(numbers)
        begun.set()
        await free.wait()
        return [2 * number for number in numbers]

    together = Together(double)
    first = asyncio.create_task(together.ask(1))
    await begun.wait()
    others = [asyncio.create_task(together.ask(number)) for number in (2, 3, 4)]
    await asyncio.sleep(0)
    others[1].cancel()
    free.set()
    assert [2, 4, 8] == await asyncio.gather(first, others[0], others[2])
    assert [[1], [2, 3, 4]] == asked
    assert 10 == await together.ask(5)


async def test_an_error_is_told_to_all_and_ends_nothing() -> None:
    """A database that is away for a moment fails those who ask then, and nobody after them."""
    errors = [OSError("away")]

    async def act(numbers: Sequence[int]) -> Sequence[int]:
        if errors:
            raise errors.pop()
        return numbers

    together = Together(act)
    failed = await asyncio.gather(together.ask(1), together.ask(2), return_exceptions=True)
    assert [OSError, OSError] == [type(each) for each in failed]
    with pytest.raises(OSError, match="away"):
        raise failed[0]  # type: ignore[misc]
    assert 3 == await together.ask(3)
