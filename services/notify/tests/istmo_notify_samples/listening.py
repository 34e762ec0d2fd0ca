"""A reader of server-sent events, as the WHATWG's specification of them says."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

__all__ = ["Heard", "Listener", "listening"]


@dataclass(frozen=True)
class Heard:
    """One event: its id, its type, its data read as JSON."""

    id: str
    event: str
    data: Any


class Listener:
    """Reads events one by one."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()

    async def next(self) -> Heard:
        """The next event. Raises StopAsyncIteration at the end of the stream."""
        fields: dict[str, str] = {}
        async for line in self._lines:
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif fields:
                return Heard(fields["id"], fields["event"], json.loads(fields["data"]))
        raise StopAsyncIteration

    async def items(self, number: int) -> list[Heard]:
        """The next events that are no heartbeats."""
        found: list[Heard] = []
        while len(found) < number:
            heard = await self.next()
            if heard.event != "heartbeat":
                found.append(heard)
        return found

    async def heartbeat(self) -> Heard:
        """The next heartbeat, passing over everything else."""
        while (heard := await self.next()).event != "heartbeat":
            pass
        return heard


@asynccontextmanager
async def listening(
    url: str, headers: dict[str, str] | None = None, *, after: str | None = None, **query: Any
) -> AsyncIterator[Listener]:
    """A stream, begun behind the event `after`."""
    asked = {"Accept": "text/event-stream"} | (headers or {}) | ({} if after is None else {"Last-Event-ID": after})
    async with (
        httpx.AsyncClient(timeout=20) as client,
        client.stream("GET", url, headers=asked, params=query) as response,
    ):
        assert (200, "text/event-stream; charset=utf-8") == (response.status_code, response.headers["content-type"])
        yield Listener(response)
