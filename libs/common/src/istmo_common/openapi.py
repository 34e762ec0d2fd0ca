"""Completing what FastAPI says of an application in OpenAPI."""

from collections.abc import Callable, Iterator
from typing import Any

from fastapi import FastAPI

__all__ = ["complete_openapi", "responses_in"]


def complete_openapi(app: FastAPI, complete: Callable[[dict[str, Any]], None]) -> None:
    """Have `complete` change the document each time that it is asked for; it meets its own changes again."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        complete(document)
        return document

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way of extending OpenAPI


def responses_in(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The responses of each operation, by status."""
    for operations in document["paths"].values():
        for operation in operations.values():
            yield operation["responses"]
