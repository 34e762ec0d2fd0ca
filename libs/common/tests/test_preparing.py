"""Processes begin as soon as what they need is there, and end at once when asked to before."""

import asyncio

import pytest
from psycopg import OperationalError

from istmo_common import preparing
from istmo_common.errors import BrokerUnavailable, TopicMismatch
from istmo_common.preparing import Stopped, prepare


async def test_waits_for_what_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process started before its broker and database works as soon as they are there."""
    monkeypatch.setattr(preparing, "_AGAIN_SECONDS", 0.01)
    answers: list[Exception | None] = [BrokerUnavailable("away"), OperationalError("away"), None]
    left = iter(answers)

    async def attempt() -> None:
        if (error := next(left)) is not None:
            raise error

    await prepare("topics", attempt, asyncio.Event())
    assert [] == list(left)


async def test_ends_when_asked_to_while_it_waits() -> None:
    """A process that still waits for its broker ends at once when it is told to."""
    stop = asyncio.Event()

    async def attempt() -> None:
        stop.set()
        raise BrokerUnavailable("away")

    with pytest.raises(Stopped):
        await prepare("topics", attempt, stop)


async def test_what_waiting_cannot_mend_is_told() -> None:
    """A topic that is set up wrongly ends the process with the reason instead of being waited for."""

    async def attempt() -> None:
        raise TopicMismatch("the topic activities forgets")

    with pytest.raises(TopicMismatch, match="activities forgets"):
        await prepare("topics", attempt, asyncio.Event())
