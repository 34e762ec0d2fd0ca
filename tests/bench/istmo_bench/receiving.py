"""A receiver of POSTs that costs next to nothing: the collector, and the endpoints of webhooks."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, cast

__all__ = ["Receiver", "receiving"]

_OK: Final = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


@dataclass(slots=True)
class Receiver:
    """What came in: the bodies if they are kept, when each came (perf_counter), and how many."""

    url: str = ""
    keep_bodies: bool = False
    bodies: list[bytes] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    _grown: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def count(self) -> int:
        """How many POSTs came."""
        return len(self.times)

    @property
    def per_second(self) -> float:
        """POSTs per second, from the first to the last."""
        return (self.count - 1) / (self.times[-1] - self.times[0])

    def clear(self) -> None:
        """Forget what came."""
        self.bodies.clear()
        self.times.clear()

    def take(self, body: bytes) -> None:
        """Note one POST."""
        self.times.append(time.perf_counter())
        if self.keep_bodies:
            self.bodies.append(body)
        self._grown.set()

    async def wait_for(self, count: int, timeout_seconds: float) -> None:
        """Return when `count` POSTs have come. Raises TimeoutError."""
        async with asyncio.timeout(timeout_seconds):
            while self.count < count:
                self._grown.clear()
                await self._grown.wait()


class _Connection(asyncio.Protocol):
    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            _, _, rest = self._received[:end].lower().partition(b"content-length:")
            whole = end + 4 + int(rest.split(b"\r\n", 1)[0] or 0)
            if len(self._received) < whole:
                return
            self._receiver.take(self._received[end + 4 : whole])
            self._received = self._received[whole:]
            self._transport.write(_OK)


@asynccontextmanager
async def receiving(*, keep_bodies: bool = False) -> AsyncIterator[Receiver]:
    """Listen on a free port of this machine."""
    receiver = Receiver(keep_bodies=keep_bodies)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(receiver), "127.0.0.1", 0, backlog=256)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield receiver
    finally:
        server.close()
