"""Readers of server-sent events that cost next to nothing: they count what comes."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

__all__ = ["Readers", "reading"]


@dataclass(slots=True)
class Readers:
    """What the readers of some streams have got: events and bytes in all. `mark` is what each event has once."""

    mark: bytes
    events: int = 0
    bytes: int = 0
    opened: int = 0
    _grown: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, size: int, events: int) -> None:
        """So much came on one connection."""
        self.bytes += size
        if events:
            self.events += events
            self._grown.set()

    async def wait_for(self, events: int, timeout_seconds: float) -> None:
        """Return when so many events have come in all. Raises TimeoutError."""
        async with asyncio.timeout(timeout_seconds):
            while self.events < events:
                self._grown.clear()
                await self._grown.wait()


class _Reader(asyncio.Protocol):
    def __init__(self, readers: Readers, request: bytes) -> None:
        self._readers = readers
        self._request = request
        self._tail = b""
        self._open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        if not self._open:
            self._open = True
            assert data.startswith(b"HTTP/1.1 200"), data[:500]
            self._readers.opened += 1
        mark = self._readers.mark
        # An event may begin at the end of one read and go on in the next.
        text = self._tail + data
        self._readers.note(len(data), text.count(mark))
        self._tail = text[1 - len(mark) :]


@asynccontextmanager
async def reading(
    port: int, paths: Sequence[str], headers: Sequence[Mapping[str, str]], mark: bytes
) -> AsyncIterator[Readers]:
    """A connection for each path; entered once all streams are open."""
    readers, loop = Readers(mark), asyncio.get_running_loop()
    transports = []
    try:
        for path, own in zip(paths, headers, strict=True):
            lines = [f"GET {path} HTTP/1.1", "host: 127.0.0.1", "accept: text/event-stream"]
            lines += [f"{name}: {value}" for name, value in own.items()]
            request = "\r\n".join(lines).encode() + b"\r\n\r\n"
            made = await loop.create_connection(lambda: _Reader(readers, request), "127.0.0.1", port)  # noqa: B023
            transports.append(made[0])
        async with asyncio.timeout(60):
            while readers.opened < len(paths):  # noqa: ASYNC110 - a benchmark waits, it is not measured yet
                await asyncio.sleep(0.05)
        yield readers
    finally:
        for transport in transports:
            transport.close()
