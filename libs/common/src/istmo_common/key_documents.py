"""Keys as OpenAPI shows them. They are read by the services themselves, before anything else of a request."""

from collections.abc import Container
from typing import Any, Final

from fastapi import FastAPI

__all__ = ["document_keys"]

_SCHEME: Final = {"type": "http", "scheme": "bearer", "description": "A partner's key, or the operator's."}


def document_keys(app: FastAPI, *, public: Container[str] = ()) -> None:
    """Say in the application's OpenAPI that whatever is below `/v1/` asks for a key, but for the paths in `public`."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        document["components"].setdefault("securitySchemes", {})["key"] = _SCHEME
        for path, operations in document["paths"].items():
            if path.startswith("/v1/") and path not in public:
                for operation in operations.values():
                    operation["security"] = [{"key": []}]
        return document

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way of extending OpenAPI
