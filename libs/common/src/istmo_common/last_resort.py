"""The end of every error that nobody foresaw: an answer for the caller, and a log line that quotes nothing."""

import traceback
from collections.abc import Callable

import structlog
from fastapi import Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["LastResort"]

_log = structlog.get_logger(__name__)


class LastResort:
    """ASGI middleware that answers such an error itself, with `answer`.

    Were the error raised on, the server would log its text, which may quote a report.
    """

    def __init__(self, app: ASGIApp, answer: Callable[[Request], Response]) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve as ASGI says."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def noting_send(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noting_send)
        except Exception as error:
            _log.error("a request failed", error=type(error).__qualname__, at=_place(error))
            if not started:
                await self._answer(Request(scope))(scope, receive, send)


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames[-5:]))
