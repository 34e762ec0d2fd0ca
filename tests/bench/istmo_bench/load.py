"""Load over HTTP/1.1: so many connections, each sending its next request when its last was answered."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

__all__ = ["Answers", "post_request", "run_load"]

_MOST_SECONDS: Final = 300.0


def post_request(path: str, body: bytes, **headers: str) -> bytes:
    """A whole POST request. Underscores in the names of headers stand for hyphens."""
    lines = [f"POST {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass(slots=True)
class Answers:
    """What came back: how often each status, how long each request took (seconds), and how long all of them."""

    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds


class _Connection(asyncio.Protocol):
    """One connection of the load. The answers of all tell what came back; its own end is `done`."""

    def __init__(self, requests: Iterator[bytes], answers: Answers) -> None:
        self._requests = requests
        self._answers = answers
        self._received = b""
        self._sent = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send_next()

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        _, _, rest = self._received[:end].lower().partition(b"content-length:")
        if len(self._received) < end + 4 + int(rest.split(b"\r\n", 1)[0]):
            return
        self._answers.statuses[int(self._received[9:12])] += 1
        self._answers.latencies.append(time.perf_counter() - self._sent)
        self._received = b""
        self._send_next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server hung up"))

    def _send_next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)


async def run_load(port: int, requests: Sequence[bytes], connections: int) -> Answers:
    """Send all `requests` to a port of this machine, over `connections` at once. Raises OSError, TimeoutError."""
    answers, waiting = Answers(), iter(requests)
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    async with asyncio.timeout(_MOST_SECONDS):
        opened = [
            await loop.create_connection(lambda: _Connection(waiting, answers), "127.0.0.1", port)
            for _ in range(connections)
        ]
        await asyncio.gather(*(connection.done for _, connection in opened))
    answers.seconds = time.perf_counter() - begun
    return answers
