"""Keys as OpenAPI shows them. They are read by the services themselves, before anything else of a request."""

from collections.abc import Container
from typing import Any, Final

from fastapi import FastAPI

from istmo_common.openapi import complete_openapi

__all__ = ["document_keys"]

_SCHEME: Final = {"type": "http", "scheme": "bearer", "description": "A partner's key, or the operator's."}


def document_keys(app: FastAPI, *, public: Container[str] = (), readable: Container[str] = ()) -> None:
    """Say in the application's OpenAPI that whatever is from `/v1` on asks for a key, but for the paths in `public`.

    Of `readable` paths anyone may GET what is open to all, and sees more with a key.
    """

    def complete(document: dict[str, Any]) -> None:
        document["components"].setdefault("securitySchemes", {})["key"] = _SCHEME
        for path, operations in document["paths"].items():
            if path.startswith("/v1") and path not in public:
                for method, operation in operations.items():
                    without: list[dict[str, list[str]]] = [{}] if method == "get" and path in readable else []
                    operation["security"] = [{"key": []}, *without]

    complete_openapi(app, complete)
