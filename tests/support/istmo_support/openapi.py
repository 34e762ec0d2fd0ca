"""What a service's OpenAPI shows, and whether something has the shape that it foresees."""

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator

__all__ = ["answers_in", "examples_of", "validate"]


def validate(document: dict[str, Any], content: dict[str, Any], value: Any) -> None:
    """Raises jsonschema's ValidationError unless `value` has the shape of `content`."""
    # The schema, with the document's components beside it, where its references look for them.
    schema = content["schema"] | {"components": document["components"]}
    Draft202012Validator(schema).validate(value)


def examples_of(document: dict[str, Any], content: dict[str, Any]) -> list[Any]:
    """The examples that stand at a body or an answer, else those of its schema."""
    if "example" in content:
        return [content["example"]]
    if "examples" in content:
        return [each["value"] for each in content["examples"].values()]
    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    examples: list[Any] = document["components"]["schemas"].get(name, {}).get("examples", [])
    return examples


def answers_in(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each answer that has a body: method, path and status; its media type; its content."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                for media_type, content in response.get("content", {}).items():
                    yield f"{method} {path} {status}", media_type, content
