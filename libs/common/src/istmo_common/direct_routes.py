"""A route that is asked so often that the framework's way to it would cost more than its own work.

The application declares it like every other (for OpenAPI, and for methods and addresses near it). A request to exactly
its method and path is answered here first: by the same function, with the same problems, span and measures.
"""

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from istmo_common.last_resort import LastResort
from istmo_common.problem_handlers import internal_response
from istmo_common.request_telemetry import RequestTelemetry

__all__ = ["DirectApplication"]

Answer = Callable[[Request], Awaitable[Response]]


class DirectApplication(FastAPI):
    """A FastAPI application some routes of which are answered directly; it measures and traces those itself."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._direct: dict[tuple[str, str], ASGIApp] = {}

    def answer_directly(self, method: str, path: str, answer: Answer) -> None:
        """Have `answer` answer requests to `path`, an address without parameters.

        What it raises is answered by the application's exception handlers.
        """
        answering = LastResort(_Answering(self, answer), internal_response)
        self._direct[method, path] = RequestTelemetry(answering, method, path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve as ASGI says."""
        direct = self._direct.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        await (super().__call__ if direct is None else direct)(scope, receive, send)


class _Answering:
    """The answer to a request, or to what it raised, as an ASGI application."""

    def __init__(self, app: FastAPI, answer: Answer) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except Exception as error:
            response = await self._handled(request, error)
        await response(scope, receive, send)

    async def _handled(self, request: Request, error: Exception) -> Response:
        handlers = self._app.exception_handlers
        handler = next((handlers[kind] for kind in type(error).__mro__ if kind in handlers), None)
        if handler is None:
            raise error
        response = handler(request, error)
        return await response if isawaitable(response) else response
