"""Examples as OpenAPI shows them: whole, since FastAPI drops every null from what it shows."""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI

from istmo_common.openapi import complete_openapi, responses_in

__all__ = ["document_examples"]

_NULL: Final = {"type": "null"}


def document_examples(app: FastAPI) -> None:
    """Put back in the application's OpenAPI what examples lack: a required property that does not stand is null."""
    complete_openapi(app, _put_nulls_back)


def _put_nulls_back(document: dict[str, Any]) -> None:
    for schema, example in _shown(document):
        _fill(document, schema, example)


def _shown(document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Any]]:
    """Each example, with the schema of what it shows."""
    for schema in document["components"]["schemas"].values():
        for example in schema.get("examples", ()):
            yield schema, example
    for responses in responses_in(document):
        for response in responses.values():
            for content in response.get("content", {}).values():
                if "example" in content:
                    yield content["schema"], content["example"]
                for named in content.get("examples", {}).values():
                    yield content["schema"], named["value"]


def _fill(document: dict[str, Any], schema: dict[str, Any], value: Any) -> None:
    alternatives = [each for each in schema.get("anyOf", ()) if each != _NULL]
    if len(alternatives) == 1:
        schema = alternatives[0]
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if isinstance(value, list):
        for each in value:
            _fill(document, schema.get("items", {}), each)
    elif isinstance(value, dict):
        for name, of_property in schema.get("properties", {}).items():
            if name in value:
                _fill(document, of_property, value[name])
            elif name in schema.get("required", ()) and _NULL in of_property.get("anyOf", ()):
                value[name] = None
