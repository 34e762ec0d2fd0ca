"""Problem details in FastAPI: no way out of an application answers in another form, or repeats what it was sent."""

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from istmo_common.access import language_of_request
from istmo_common.last_resort import LastResort
from istmo_common.problem_documents import document_problems
from istmo_common.problems import PROBLEM_MEDIA_TYPE, Problem, field_errors, place_in

__all__ = ["install_problem_handlers", "internal_response", "problem_response"]

_OF_STATUS: Mapping[int, str] = {
    HTTPStatus.BAD_REQUEST: "bad-request",
    HTTPStatus.UNAUTHORIZED: "unauthenticated",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "not-found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method-not-allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too-large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unsupported-media-type",
    HTTPStatus.TOO_MANY_REQUESTS: "too-many-requests",
    HTTPStatus.SERVICE_UNAVAILABLE: "unavailable",
}


def problem_response(problem: Problem, language: str, instance: str | None = None) -> Response:
    """The response that carries `problem`, with `Retry-After` (whole seconds) and `WWW-Authenticate` where due."""
    headers = {"Content-Language": language}
    if problem.retry_after_seconds is not None:
        headers["Retry-After"] = str(math.ceil(problem.retry_after_seconds))
    if problem.status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(
        problem.body(language, instance),
        status_code=int(problem.status),
        headers=headers,
        media_type=PROBLEM_MEDIA_TYPE,
    )


def internal_response(request: Request) -> Response:
    """The answer where something went wrong that nobody foresaw."""
    return problem_response(Problem("internal"), language_of_request(request))


def _methods_at(app: FastAPI, request: Request) -> set[str]:
    """All methods that the address takes: the router itself names those of one route only."""
    address = request.url.path
    return {
        method
        for route in iter_route_contexts(app.routes)
        if route.path and compile_path(route.path)[0].match(address)
        for method in route.methods or ()
    }


def _place(detail: Mapping[str, Any], body: Any) -> tuple[str | int, ...]:
    """`query` or `body` and the place in it, whatever alternatives the contract has there."""
    where, *parts = detail["loc"]
    if where != "body" or not parts or not isinstance(body, Mapping | list):
        return (where, *parts)
    return (where, *place_in(body, parts, missing=detail["type"] == "missing"))


def install_problem_handlers(app: FastAPI) -> None:
    """Make `app` answer every error as a problem, in the language of the request, and say so in its OpenAPI."""

    async def of_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)  # noqa: S101 - FastAPI's handlers are typed for any exception
        return problem_response(error, language_of_request(request))

    async def of_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - as above
        fallback = "bad-request" if error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR else "internal"
        response = problem_response(Problem(_OF_STATUS.get(error.status_code, fallback)), language_of_request(request))
        response.headers.update(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            response.headers["Allow"] = ", ".join(sorted(_methods_at(app, request)))
        return response

    async def of_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
        spoken = language_of_request(request)
        errors = [detail | {"loc": _place(detail, error.body)} for detail in error.errors()]
        return problem_response(Problem("invalid-request", errors=field_errors(errors, spoken)), spoken)

    app.add_exception_handler(Problem, of_problem)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(RequestValidationError, of_validation)
    app.add_middleware(LastResort, answer=internal_response)
    document_problems(app)
