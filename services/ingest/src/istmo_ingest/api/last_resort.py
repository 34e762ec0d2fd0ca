"""The end of every error that nobody foresaw: a problem for the caller, and a log line that quotes nothing."""

import traceback

import structlog
from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from istmo_common.problem_handlers import problem_response
from istmo_common.problems import Problem
from istmo_ingest.api.callers import language_of_request

__all__ = ["LastResort"]

_log = structlog.get_logger(__name__)


class LastResort:
    """Answers 500 itself. Were the error raised on, the server would log its text, which may quote a report."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

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
            if started:
                return
            response = problem_response(Problem("internal"), language_of_request(Request(scope)))
            await response(scope, receive, send)


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames[-5:]))
