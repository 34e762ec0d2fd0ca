"""Completing what FastAPI says of an application in OpenAPI."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute

from istmo_common.catalogue import LANGUAGES, text

__all__ = ["DESCRIPTION", "complete_openapi", "operation_id", "responses_in"]

DESCRIPTION: Final = "\n\n".join(text("api.description", language) for language in LANGUAGES)
"""What holds for every call of every service, in each language."""


def complete_openapi(app: FastAPI, complete: Callable[[dict[str, Any]], None]) -> None:
    """Have `complete` change the document each time that it is asked for; it meets its own changes again."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        complete(document)
        return document

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way of extending OpenAPI


def operation_id(route: APIRoute) -> str:
    """What a generated client calls the operation: as the code does, without the address that FastAPI adds."""
    return route.name


def responses_in(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The responses of each operation, by status."""
    for operations in document["paths"].values():
        for operation in operations.values():
            yield operation["responses"]
