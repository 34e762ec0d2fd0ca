"""The application: its routes, its way with errors, its OpenAPI."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from fastapi import FastAPI, Request, Response
from pydantic.json_schema import models_json_schema

from istmo_common.access import language_of_request
from istmo_common.applications import new_application
from istmo_common.direct_routes import DirectApplication
from istmo_common.example_documents import document_examples
from istmo_common.health import Health, health_router
from istmo_common.key_documents import document_keys
from istmo_common.openapi import complete_openapi
from istmo_common.partners import PartnerDirectory
from istmo_common.problem_handlers import install_problem_handlers, problem_response
from istmo_common.problem_pages import problem_pages
from istmo_common.problems import Problem
from istmo_ingest.api.complete_files import FiledForm, complete_files_router
from istmo_ingest.api.documents import PostedEvent
from istmo_ingest.api.events import EVENTS_PATH, events_router, post_events_endpoint
from istmo_ingest.api.imports import FinishForm, ImportForm, imports_router
from istmo_ingest.domain.limits import BATCH_EVENTS
from istmo_ingest.errors import ImportsUnavailable
from istmo_ingest.posting import Posting
from istmo_ingest.store.complete_files import CompleteFiles
from istmo_ingest.store.imports import ImportJournal

__all__ = ["Parts", "application"]

_RETRY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What the application is made of."""

    posting: Posting
    journal: ImportJournal
    files: CompleteFiles
    directory: PartnerDirectory
    health: Health


def application(parts: Parts) -> FastAPI:
    """The HTTP interface over `parts`."""
    app = new_application(
        DirectApplication,
        "Istmo: ingest",
        "Reports of activities and transactions for citizen security in Central America",
    )
    post_events = post_events_endpoint(parts.posting, parts.directory)
    app.include_router(events_router(post_events))
    app.answer_directly("POST", EVENTS_PATH, post_events)
    app.include_router(imports_router(parts.journal, parts.directory))
    app.include_router(complete_files_router(parts.journal, parts.files, parts.directory))
    app.include_router(health_router(parts.health))
    app.include_router(problem_pages(BATCH_EVENTS))
    install_problem_handlers(app)
    app.add_exception_handler(ImportsUnavailable, _imports_unavailable)
    complete_openapi(app, _describe)
    document_keys(app)
    document_examples(app)
    return app


async def _imports_unavailable(request: Request, _: Exception) -> Response:
    return problem_response(Problem("unavailable", retry_after_seconds=_RETRY_SECONDS), language_of_request(request))


@cache
def _schemas() -> dict[str, Any]:
    models = [(model, "validation") for model in (PostedEvent, ImportForm, FinishForm, FiledForm)]
    _, schemas = models_json_schema(models, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    return dict(schemas["$defs"])


def _describe(document: dict[str, Any]) -> None:
    """Add to OpenAPI the bodies that the routes read themselves."""
    components = document["components"]
    components["schemas"] = _schemas() | components["schemas"]
