"""The application: its routes, its way with errors, its OpenAPI."""

from dataclasses import dataclass
from typing import Final

from fastapi import FastAPI, Request, Response
from psycopg import OperationalError
from psycopg.errors import UndefinedTable
from psycopg_pool import PoolTimeout

from istmo_common.access import Access, language_of_request
from istmo_common.applications import new_application
from istmo_common.example_documents import document_examples
from istmo_common.health import Health, health_router
from istmo_common.key_documents import document_keys
from istmo_common.postgres import Pool
from istmo_common.problem_handlers import install_problem_handlers, problem_response
from istmo_common.problem_pages import problem_pages
from istmo_common.problems import Problem, field_error
from istmo_common.watching import Watching
from istmo_notify.api.alerts import alerts_router
from istmo_notify.api.feed import feed_router
from istmo_notify.api.operations import operations_router
from istmo_notify.api.streaming import Streams
from istmo_notify.api.subscriptions import Subscribing, subscriptions_router
from istmo_notify.feeds import BeyondEnd, Feeds, ListClosed

__all__ = ["Parts", "application"]

_RETRY_SECONDS: Final = 2.0
_BODY_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Parts:
    """What the application is made of."""

    pool: Pool
    feeds: Feeds
    streams: Streams
    subscribing: Subscribing
    access: Access
    health: Health
    watching: Watching


def application(parts: Parts) -> FastAPI:
    """The HTTP interface over `parts`."""
    app = new_application(
        FastAPI,
        "Istmo: notify",
        "Alerts and feeds, each written for its reader",
        max_body_size=_BODY_BYTES,
    )
    app.include_router(subscriptions_router(parts.subscribing, parts.feeds, parts.streams, parts.access))
    app.include_router(feed_router(parts.feeds, parts.streams))
    app.include_router(alerts_router(parts.pool, parts.access))
    app.include_router(operations_router(parts.pool, parts.access, parts.watching))
    app.include_router(health_router(parts.health))
    app.include_router(problem_pages(most_events=500))
    document_keys(app, public=("/v1/feed",))
    document_examples(app)
    install_problem_handlers(app)
    for error in (OperationalError, PoolTimeout, UndefinedTable):
        app.add_exception_handler(error, _tables_away)
    app.add_exception_handler(ListClosed, _closed)
    app.add_exception_handler(BeyondEnd, _beyond_end)
    return app


async def _tables_away(request: Request, _: Exception) -> Response:
    problem = Problem("unavailable", retry_after_seconds=_RETRY_SECONDS)
    return problem_response(problem, language_of_request(request))


async def _closed(request: Request, _: Exception) -> Response:
    return problem_response(Problem("not-found"), language_of_request(request))


async def _beyond_end(request: Request, _: Exception) -> Response:
    language = language_of_request(request)
    error = field_error("/query/after", "position_beyond", language)
    return problem_response(Problem("invalid-request", errors=[error]), language)
