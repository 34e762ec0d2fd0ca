"""The application: its routes, its way with errors, its OpenAPI."""

from dataclasses import dataclass
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from psycopg import OperationalError
from psycopg_pool import PoolTimeout
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from istmo_common.access import Access, language_of_request
from istmo_common.applications import new_application
from istmo_common.example_documents import document_examples
from istmo_common.health import Health, health_router
from istmo_common.key_documents import document_keys
from istmo_common.problem_handlers import install_problem_handlers, problem_response
from istmo_common.problem_pages import problem_pages
from istmo_common.problems import Problem, field_error
from istmo_common.watching import Watching
from istmo_registry.api.routes.activities import activities_router
from istmo_registry.api.routes.dead_letters import dead_letters_router
from istmo_registry.api.routes.following import following_router
from istmo_registry.api.routes.frame import frame_router
from istmo_registry.api.routes.operations import Export, admin_router
from istmo_registry.api.routes.organisation_merges import merges_router
from istmo_registry.api.routes.organisation_references import references_router
from istmo_registry.api.routes.organisations import organisations_router
from istmo_registry.api.routes.pairs import pairs_router
from istmo_registry.api.routes.partners import partners_router
from istmo_registry.api.routes.programmes import programmes_router
from istmo_registry.api.routes.quality import quality_router
from istmo_registry.api.routes.transactions import transactions_router
from istmo_registry.dead_letters import LetterBox
from istmo_registry.registering.errors import Conflict, NotRegistered
from istmo_registry.registering.merges import MergeBook
from istmo_registry.registering.organisations import Directory
from istmo_registry.registering.partners import PartnerBook
from istmo_registry.store.snapshot import Pool

__all__ = ["Parts", "application"]

_RETRY_SECONDS: Final = 2.0
_BATCH_EVENTS: Final = 500
_BODY_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Parts:
    """What the application is made of."""

    pool: Pool
    access: Access
    export: Export
    health: Health
    watching: Watching
    letters: LetterBox


def application(parts: Parts) -> FastAPI:
    """The HTTP interface over `parts`."""
    app = new_application(
        FastAPI,
        "Istmo: registry",
        "Who does what, where, with whose money, for citizen security in Central America",
        max_body_size=_BODY_BYTES,
    )
    reading = (
        frame_router(parts.pool, parts.access),
        programmes_router(parts.pool, parts.access),
        activities_router(parts.pool, parts.access),
        transactions_router(parts.pool, parts.access),
        organisations_router(parts.pool, parts.access, Directory(parts.pool)),
        merges_router(parts.pool, parts.access, MergeBook(parts.pool)),
        references_router(parts.pool, parts.access),
    )
    for router in (
        *reading,
        pairs_router(parts.pool, parts.access),
        quality_router(parts.pool, parts.access),
        partners_router(parts.pool, parts.access, PartnerBook(parts.pool)),
        admin_router(parts.pool, parts.access, parts.export, parts.watching),
        following_router(parts.pool, parts.access),
        dead_letters_router(parts.letters, parts.access),
    ):
        app.include_router(router)
    app.include_router(health_router(parts.health))
    app.include_router(problem_pages(_BATCH_EVENTS))
    readable = {route.path for router in reading for route in router.routes if isinstance(route, APIRoute)}
    document_keys(app, readable=readable)
    document_examples(app)
    install_problem_handlers(app)
    app.add_exception_handler(Conflict, _conflict)
    app.add_exception_handler(NotRegistered, _not_registered)
    app.add_exception_handler(OperationalError, _unavailable)
    app.add_exception_handler(PoolTimeout, _unavailable)
    app.add_middleware(_Varying)
    return app


async def _conflict(request: Request, error: Exception) -> Response:
    assert isinstance(error, Conflict)  # noqa: S101 - FastAPI's handlers are typed for any exception
    language = language_of_request(request)
    errors = [field_error(f"/body{pointer}", code, language) for pointer, code in error.places]
    return problem_response(Problem("conflict", errors=errors), language)


async def _not_registered(request: Request, _: Exception) -> Response:
    return problem_response(Problem("not-found"), language_of_request(request))


async def _unavailable(request: Request, _: Exception) -> Response:
    return problem_response(Problem("unavailable", retry_after_seconds=_RETRY_SECONDS), language_of_request(request))


class _Varying:
    """Says on every answer what it depends on besides the address, and that nobody but its reader may keep it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve as ASGI says."""

        async def send_varying(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Vary"] = "Authorization, Accept-Language"
                headers["Cache-Control"] = "private, no-cache"
            await send(message)

        await self._app(scope, receive, send_varying)
