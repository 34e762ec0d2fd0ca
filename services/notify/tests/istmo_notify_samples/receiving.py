"""A partner's webhook endpoint: it keeps what comes, and answers as it is told to."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from istmo_common.http_server import serve
from istmo_notify_samples.bench import accepts, until
from istmo_stack.ports import free_port

__all__ = ["Answer", "Received", "Receiver", "receiving"]


@dataclass(frozen=True)
class Answer:
    """How to answer one request, after a while."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    after_seconds: float = 0.0


@dataclass(frozen=True)
class Received:
    """One request, and when it came (seconds of the loop's clock)."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    def verify(self, secret: str) -> Any:
        """The item, if the signature is right. Raises standardwebhooks' `WebhookVerificationError`."""
        return Webhook(secret).verify(self.body, dict(self.headers))

    @property
    def number(self) -> int:
        """The item's number."""
        return int(json.loads(self.body)["number"])


@dataclass
class Receiver:
    """An endpoint at `url`. It gives its answers in their order, then says 204."""

    url: str
    received: list[Received] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    async def wait_for(self, number: int) -> list[Received]:
        """All requests, once there are so many."""

        async def enough() -> bool:
            return len(self.received) >= number

        await until(enough, seconds=20)
        return self.received

    async def take(self, request: Request) -> Response:
        """Keep a request and answer it."""
        body, now = await request.body(), asyncio.get_running_loop().time()
        self.received.append(Received(request.url.path, request.headers, body, now))
        answer = self.answers.pop(0) if self.answers else Answer()
        await asyncio.sleep(answer.after_seconds)
        return Response(answer.body, answer.status, dict(answer.headers))


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on this machine."""
    port, stop = free_port(), asyncio.Event()
    receiver = Receiver(f"http://127.0.0.1:{port}/hook")
    app = Starlette(routes=[Route("/{path:path}", receiver.take, methods=["GET", "POST"])])
    serving = asyncio.create_task(serve(app, "127.0.0.1", port, stop))
    try:
        await until(lambda: accepts(port))
        yield receiver
    finally:
        stop.set()
        await serving
