"""Two subscribers that write down what they are told: a webhook that can misbehave, and a reader of a stream."""

import asyncio
import contextlib
import hashlib
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Final

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from istmo_faults.history import History, Told

__all__ = ["HOOK", "STREAM", "Hook", "Stream"]

HOOK: Final = "hook"
STREAM: Final = "stream"
HOOK_PATH: Final = "/hook"
_MARK: Final = re.compile(rb"\bq[a-z]{10}q\b")
_SLOW_SECONDS: Final = 6.0
"""Longer than notify waits for an answer."""
_AGAIN_SECONDS: Final = 0.2

History_ = Callable[[], History]


def _told(subscriber: str, body: bytes, **more: Any) -> Told:
    marks = tuple(sorted({mark.decode() for mark in _MARK.findall(body)}))
    digest = hashlib.sha256(body).hexdigest()[:16]
    entry = json.loads(body)
    return Told(subscriber, int(entry["number"]), digest, marks, **more, withheld="withheld" in entry)


@dataclass(frozen=True)
class Manner:
    """How a webhook answers: its status (None: it hangs), its headers, and whether byte by byte."""

    status: int | None = 204
    retry_after: float | None = None
    location: str | None = None
    drips: bool = False


WELL: Final = Manner()
MANNERS: Final = {
    "hangs": Manner(status=None),
    "drips": Manner(status=None, drips=True),
    "redirects": Manner(status=302, location="/elsewhere"),
    "is gone": Manner(status=410),
    "is busy": Manner(status=429, retry_after=2.0),
}
"""Ways in which a receiver can misbehave."""


class Hook:
    """An endpoint. `manner` is how it answers now."""

    def __init__(self, history: History_) -> None:
        self._history = history
        self.manner = WELL
        self.last = 0
        """The greatest number that it took."""
        self.misbehaved = 0
        """So many requests it has not taken."""
        self.app = Starlette(routes=[Route("/{path:path}", self._take, methods=["GET", "POST"])])

    async def _take(self, request: Request) -> Response:
        body, manner = await request.body(), self.manner
        told = _told(
            HOOK,
            body or b'{"number": 0}',
            message=request.headers.get("webhook-id", ""),
            status=manner.status,
            retry_after=manner.retry_after,
            path=request.url.path,
            at=round(time.monotonic(), 3),
        )
        self._history().note(told)
        if manner is WELL:
            self.last = max(self.last, told.number)
        else:
            self.misbehaved += 1
        if manner.status is None and not manner.drips:
            await asyncio.sleep(_SLOW_SECONDS)
        if manner.drips:
            return StreamingResponse(_drops(), 200)
        if manner.location is not None:
            return RedirectResponse(manner.location, manner.status or 302)
        headers = {} if manner.retry_after is None else {"Retry-After": f"{manner.retry_after:.0f}"}
        return Response(status_code=manner.status or 500, headers=headers)


async def _drops() -> AsyncIterator[bytes]:
    until = time.monotonic() + _SLOW_SECONDS
    while time.monotonic() < until:
        yield b"."
        await asyncio.sleep(0.1)


class Stream:
    """A reader that comes back behind what it had, whatever breaks off. `run` it as a task."""

    def __init__(self, url: str, key: str, history: History_) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {key}", "Accept": "text/event-stream"}
        self._history = history
        self._place = ""
        self.last = 0
        """The number of the last item."""

    async def run(self) -> None:
        """Read, for ever."""
        async with httpx.AsyncClient(timeout=5, trust_env=False) as http:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    await self._read(http)
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _read(self, http: httpx.AsyncClient) -> None:
        headers = self._headers | ({"Last-Event-ID": self._place} if self._place else {})
        async with http.stream("GET", self._url, headers=headers) as answer:
            if answer.status_code != 200:
                return
            fields: dict[str, str] = {}
            async for line in answer.aiter_lines():
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif fields:
                    self._take(fields)
                    fields = {}

    def _take(self, fields: dict[str, str]) -> None:
        if fields.get("event") == "heartbeat":
            return
        told = _told(STREAM, fields["data"].encode())
        self._history().note(told)
        self._place, self.last = fields["id"], told.number
