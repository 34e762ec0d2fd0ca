"""An HTTP server that ends as every process of the platform does: asked to, it drains and the process exits 0."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

__all__ = ["serve"]

_DRAIN_SECONDS: Final = 10


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Signals are the process's own business: uvicorn would raise them again when it has drained."""
        yield


async def serve(app: ASGIApp, host: str, port: int, stop: asyncio.Event) -> None:
    """Serve `app` until `stop` is set, then take no more connections and finish what was begun (10 seconds at most).

    Whatever has to be started before and closed after stands around this call, not in ASGI's lifespan.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        # Of what uvicorn can choose from, the parser in C: the other one took a third of the time of a POST.
        http="httptools",
        # No route asks for the caller's address.
        proxy_headers=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    server.should_exit = True
    await serving
