"""Server-sent events: a list as a stream that says where it is, and goes on where it broke off."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from fastapi.sse import format_sse_event

from istmo_common.canonical import canonical_json
from istmo_notify.channels.tails import Tail
from istmo_notify.domain.reading import Entry
from istmo_notify.feeds import ListClosed, Page
from istmo_notify.store.lists import Line

__all__ = ["EventId", "read_event_id", "stream"]

EventId = tuple[int, int]
"""Epoch and number, as the `id` of an event: `1-57`."""

_EVENT_ID: Final = re.compile(r"([0-9]{1,18})-([0-9]{1,18})")


def read_event_id(text: str) -> EventId | None:
    """The place that a `Last-Event-ID` names; None for what is not one."""
    match = _EVENT_ID.fullmatch(text.strip())
    return None if match is None else (int(match.group(1)), int(match.group(2)))


async def stream(
    look: Callable[[int], Awaitable[Page]], tail: Tail, start: Line, heartbeat_seconds: float, stop: asyncio.Event
) -> AsyncIterator[bytes]:
    """The list behind the number `start.last`, and everything that comes, until `stop` is set or the list is closed.

    `look` reads the page behind a number. A heartbeat carries the number up to which everything was sent: at once, and
    whenever nothing came for `heartbeat_seconds`.
    """
    loop = asyncio.get_running_loop()
    number, due = start.last, loop.time()
    while not stop.is_set():
        try:
            page = await look(number)
        except ListClosed:
            return
        number = page.until
        if page.entries:
            yield b"".join(_frame(entry) for entry in page.entries)
            due = loop.time() + heartbeat_seconds
        if number < max(page.last, tail.last):
            continue
        if loop.time() >= due:
            yield _heartbeat(page.line, number)
            due = loop.time() + heartbeat_seconds
        await _wait(tail, stop, due - loop.time())


async def _wait(tail: Tail, stop: asyncio.Event, seconds: float) -> None:
    tasks = {asyncio.create_task(tail.wait(max(0.0, seconds))), asyncio.create_task(stop.wait())}
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


def _frame(entry: Entry) -> bytes:
    return format_sse_event(
        id=f"{entry.epoch}-{entry.number}", event=entry.type or "withheld", data_str=entry.body().decode()
    )


def _heartbeat(line: Line, number: int) -> bytes:
    data = canonical_json({"epoch": line.epoch, "number": number, "view": line.view})
    return format_sse_event(id=f"{line.epoch}-{number}", event="heartbeat", data_str=data.decode())
