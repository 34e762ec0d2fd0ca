"""Problems as OpenAPI shows them, the same in every service."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from istmo_common.events.types import IMPORT_WITHDRAWN, REPORT_TYPES
from istmo_common.openapi import complete_openapi, responses_in
from istmo_common.problems import PROBLEM_MEDIA_TYPE, PROBLEMS, Problem, field_error

__all__ = ["FieldErrorDocument", "ProblemDocument", "document_problems", "problem_example", "problems"]

_LANGUAGE: Final = "en"
_WRONG: Final[Mapping[str, tuple[str, str, Mapping[str, Any]]]] = MappingProxyType(
    {
        "invalid-event": ("/data/marking", "missing", {}),
        "invalid-request": ("/query/limit", "less_than_equal", {"le": 200}),
        "not-your-organisation": ("/data/reporter", "reporter_not_yours", {}),
        "id-conflict": ("/id", "id_conflict", {}),
        "not-yet-supported": ("/type", "type_not_yet", {"types": ", ".join((*REPORT_TYPES, IMPORT_WITHDRAWN))}),
    }
)
"""What may be wrong, for examples, by kind of problem: pointer, code and what fills the texts."""
_FASTAPIS: Final = ("HTTPValidationError", "ValidationError")
"""What FastAPI answers by itself to parameters that are wrong."""
_RETRY_AFTER: Final = {"Retry-After": {"description": "Whole seconds.", "schema": {"type": "integer", "minimum": 0}}}


class FieldErrorDocument(BaseModel):
    """One place that is wrong (a JSON Pointer), a stable code, what is wrong, and what would be right."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pointer: str
    code: str
    detail: str
    remedy: str


class ProblemDocument(BaseModel):
    """A problem (RFC 9457) in the reader's language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldErrorDocument] | None = None


def problem_example(slug: str, *, most_events: int = 0) -> dict[str, Any]:
    """A problem of this kind as it is answered; `most_events` of a batch are named in a text."""
    errors = []
    if slug in _WRONG:
        pointer, code, filled = _WRONG[slug]
        errors.append(field_error(pointer, code, _LANGUAGE, **filled))
    return Problem(slug, errors=errors, most=most_events).body(_LANGUAGE)


def problems(
    *slugs: str,
    model: type[ProblemDocument] = ProblemDocument,
    beside: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    most_events: int = 0,
) -> dict[int | str, dict[str, Any]]:
    """OpenAPI's `responses` for these kinds of problem, by HTTP status, each kind with an example.

    `beside`: by kind, the members that `model` adds and the example has; `most_events` of a batch are named in a text.
    """
    described: dict[int | str, dict[str, Any]] = {}
    for slug in slugs:
        schema = {"$ref": f"#/components/schemas/{model.__name__}"}
        entry = described.setdefault(
            int(PROBLEMS[slug]),
            {"description": "", "model": model, "content": {PROBLEM_MEDIA_TYPE: {"schema": schema, "examples": {}}}},
        )
        entry["description"] = ", ".join(filter(None, [entry["description"], f"`/problems/{slug}`"]))
        body = {**problem_example(slug, most_events=most_events), **beside.get(slug, {})}
        entry["content"][PROBLEM_MEDIA_TYPE]["examples"][slug] = {"summary": body["title"], "value": body}
    return described


def document_problems(app: FastAPI) -> None:
    """Say in the application's OpenAPI that what is not a success is answered as a problem, and in no other form."""
    complete_openapi(app, _only_problems)


def _only_problems(document: dict[str, Any]) -> None:
    for responses in responses_in(document):
        for status, response in list(responses.items()):
            content = response.get("content", {})
            if PROBLEM_MEDIA_TYPE in content:
                # FastAPI shows a model as application/json whatever else it is shown as.
                content.pop("application/json", None)
                if status == str(int(HTTPStatus.SERVICE_UNAVAILABLE)):
                    response["headers"] = _RETRY_AFTER
            elif content.get("application/json", {}).get("schema") == {"$ref": f"#/components/schemas/{_FASTAPIS[0]}"}:
                # What FastAPI adds by itself to every route with parameters: no service answers so, and a route whose
                # parameters can be wrong says itself that it answers the problem `invalid-request`.
                del responses[status]
    for name in _FASTAPIS:
        document.get("components", {}).get("schemas", {}).pop(name, None)
