"""The answers that are streams or ranges of a list."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from istmo_common.access import language_of_request
from istmo_common.measures import STREAMS
from istmo_common.problems import Problem, field_error
from istmo_notify.api.examples import FRAMES
from istmo_notify.channels.sse import read_event_id, stream
from istmo_notify.channels.tails import Tails
from istmo_notify.feeds import BeyondEnd, Page
from istmo_notify.store.lists import Line

__all__ = ["EVENT_STREAM", "LAST_EVENT_ID", "Streams", "page_response", "start_of"]

EVENT_STREAM: Final[dict[str, Any]] = {
    "content": {"text/event-stream": {"schema": {"type": "string"}, "example": FRAMES}}
}
"""The answer that is a stream, for OpenAPI."""
LAST_EVENT_ID: Final[dict[str, Any]] = {
    "name": "Last-Event-ID",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "example": "1-40",
    "description": "The `id` of the last event of a stream that was read (epoch and number): it goes on behind that.",
}
"""The header that `start_of` reads, for OpenAPI."""

_RETRY_SECONDS: Final = 5.0
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def page_response(page: Page) -> Response:
    """A range as JSON."""
    return Response(page.body(), media_type="application/json", headers={"Cache-Control": "no-store"})


def start_of(request: Request, line: Line, otherwise: int) -> Line:
    """Where a stream begins: behind what `Last-Event-ID` names, else behind `otherwise`.

    Raises `BeyondEnd`, and the problems `epoch-closed`, and `invalid-request` for a place that the list does not have.
    """
    stated = request.headers.get("last-event-id")
    if not stated:
        if otherwise > line.last:
            raise BeyondEnd(line.view)
        return Line(line.view, line.epoch, otherwise)
    place = read_event_id(stated)
    if place is None or (place[0] == line.epoch and place[1] > line.last) or place[0] > line.epoch:
        error = field_error("/header/last-event-id", "position_unknown", language_of_request(request))
        raise Problem("invalid-request", errors=[error])
    if place[0] < line.epoch:
        raise Problem("epoch-closed")
    return Line(line.view, line.epoch, place[1])


@dataclass(slots=True)
class Streams:
    """The streams that this process holds open. At most `most`; all end when `stop` is set."""

    tails: Tails
    stop: asyncio.Event
    heartbeat_seconds: float
    most: int

    def open(self, look: Callable[[int], Awaitable[Page]], start: Line) -> Response:
        """The list behind `start`, as server-sent events. Raises the problem `unavailable` when there are too many."""
        if self.tails.count >= self.most:
            raise Problem("unavailable", retry_after_seconds=_RETRY_SECONDS)
        return StreamingResponse(self._frames(look, start), media_type="text/event-stream", headers=_HEADERS)

    async def _frames(self, look: Callable[[int], Awaitable[Page]], start: Line) -> AsyncIterator[bytes]:
        STREAMS.add(1)
        try:
            with self.tails.at(start.view) as tail:
                async for frames in stream(look, tail, start, self.heartbeat_seconds, self.stop):
                    yield frames
        finally:
            STREAMS.add(-1)
