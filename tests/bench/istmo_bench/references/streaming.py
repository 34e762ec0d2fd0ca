"""Server-sent events, bare: Starlette's StreamingResponse, one frame for all readers of a view.

Each reader gets each frame by a write of its own. Frames come from memory: nothing is stored or judged.
`GET /{view}` streams; `POST /publish?events=N` sends N events to every view,
each when all readers have been given the one before.

    python -m istmo_bench.references.streaming VIEWS FRAME_BYTES PORT
"""

import asyncio
import sys
from collections.abc import AsyncIterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route


class _Link:
    """One event of a view: the frame, once it is there, and the link behind it."""

    def __init__(self) -> None:
        self.told: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.next: _Link | None = None


def application(views: int, frame_bytes: int) -> Starlette:
    """`/{view}` and `/publish`."""
    ends: dict[int, _Link] = {}

    async def frames(view: int) -> AsyncIterator[bytes]:
        yield b": hello\n\n"
        link = ends.setdefault(view, _Link())
        while True:
            # All readers of a view wait for one future: shielded, so that one who leaves does not take it along.
            yield await asyncio.shield(link.told)
            assert link.next is not None
            link = link.next

    async def stream(request: Request) -> Response:
        return StreamingResponse(frames(int(request.path_params["view"])), media_type="text/event-stream")

    async def publish(request: Request) -> Response:
        for number in range(int(request.query_params["events"])):
            for view in range(views):
                link = ends.setdefault(view, _Link())
                ends[view] = link.next = _Link()
                link.told.set_result(_frame(number, frame_bytes))
            for _ in range(3):
                await asyncio.sleep(0)
        return Response("told")

    return Starlette(
        routes=[Route("/publish", publish, methods=["POST"]), Route("/{view:int}", stream, methods=["GET"])]
    )


def _frame(number: int, size: int) -> bytes:
    head = f"id: 1-{number}\nevent: programme.changed\ndata: ".encode()
    return head + b"x" * (size - len(head) - 2) + b"\n\n"


if __name__ == "__main__":
    views, frame_bytes, port = map(int, sys.argv[1:])
    uvicorn.run(application(views, frame_bytes), port=port, log_level="error", access_log=False)
