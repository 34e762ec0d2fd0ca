"""Server-sent events: a list as a stream that says where it is, and goes on where it broke off."""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final

from fastapi.sse import format_sse_event

from istmo_common.canonical import canonical_report
from istmo_notify.channels.tails import Tail
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
) -> AsyncGenerator[bytes]:
    """The list behind the number `start.last`, and everything that comes, until `stop` is set or the epoch ends.

    `look` reads the page behind a number; whoever sets `stop` wakes `tail`. A heartbeat carries the number up to which
    everything was sent: as soon as the reader has caught up, and whenever nothing came for `heartbeat_seconds`.
    """
    loop = asyncio.get_running_loop()
    number, due, greeted = start.last, loop.time(), False
    while not stop.is_set():
        try:
            page = await look(number)
        except ListClosed:
            return
        if page.line.epoch != start.epoch:
            return
        number = page.until
        if page.entries:
            yield page.as_events
            due = loop.time() + heartbeat_seconds
        if number < max(page.last, tail.last):
            continue
        if not greeted or loop.time() >= due:
            yield _heartbeat(page.line, number)
            due, greeted = loop.time() + heartbeat_seconds, True
        await tail.wait(due - loop.time())


def _heartbeat(line: Line, number: int) -> bytes:
    data = canonical_report({"epoch": line.epoch, "number": number, "view": line.view})
    return format_sse_event(id=f"{line.epoch}-{number}", event="heartbeat", data_str=data.decode())
