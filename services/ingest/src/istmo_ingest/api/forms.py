"""Forms and ids of imports as requests state them."""

from typing import Annotated, Any, TypeVar

from fastapi import Path, Request
from pydantic import ValidationError

from istmo_common.access import language_of_request
from istmo_common.events.values import Statement
from istmo_common.problems import Problem, validation_errors
from istmo_ingest.api.bodies import parse_json, read_body
from istmo_ingest.api.callers import LANGUAGE
from istmo_ingest.domain.imports import Import, is_import_id

__all__ = ["ImportId", "body_of", "found_import", "import_name", "read_form"]

F = TypeVar("F", bound=Statement)

ImportId = Annotated[str, Path(description="The id of an import.", examples=["019d4958-0b00-7b3c-9e4f-2a6b8c0d1e2f"])]
"""The id of an import in an address, as it is stated."""


def body_of(form: type[Statement]) -> dict[str, Any]:
    """What OpenAPI says of a route that reads `form` itself."""
    schema = {"$ref": f"#/components/schemas/{form.__name__}"}
    return {
        "parameters": [LANGUAGE],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
    }


async def read_form(request: Request, form: type[F], most_bytes: int) -> F:
    """The form that the body states. Raises the problems `not-json`, `too-large` and `invalid-request`."""
    value = parse_json(request, await read_body(request, most_bytes))
    try:
        return form.model_validate(value)
    except ValidationError as error:
        errors = validation_errors(error, language_of_request(request))
    raise Problem("invalid-request", errors=errors)


def import_name(text: str) -> str:
    """The id of an import in an address. Raises the problem `not-found` for a text that can be none."""
    if not is_import_id(text):
        raise Problem("not-found")
    return text


def found_import(made: Import | None) -> Import:
    """The import, if the partner has it. Raises the problem `not-found`."""
    if made is None:
        raise Problem("not-found")
    return made
