"""Liveness and readiness of an HTTP service."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

__all__ = ["Health", "health_router"]

Health = Callable[[], Awaitable[Mapping[str, bool]]]
"""Which parts are ready, by name."""


_READY: Final[dict[str, Any]] = {"ready": True, "parts": {"log": True, "partners": True}}
_NOT_READY: Final[dict[str, Any]] = {"ready": False, "parts": {"log": False, "partners": True}}


class LiveDocument(BaseModel):
    """The process answers."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"examples": [{"status": "ok"}]})

    status: Literal["ok"] = "ok"


class ReadyDocument(BaseModel):
    """Whether the service can do its work, by part."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"examples": [_READY]})

    ready: bool
    parts: dict[str, bool]


def health_router(health: Health) -> APIRouter:
    """`/healthz` and `/readyz`."""
    router = APIRouter(tags=["operations"])

    @router.get("/healthz", summary="Whether the process lives")
    async def healthz() -> LiveDocument:
        """It lives as long as it answers."""
        return LiveDocument()

    @router.get(
        "/readyz",
        responses={
            503: {
                "model": ReadyDocument,
                "description": "A part is not ready",
                "content": {"application/json": {"example": _NOT_READY}},
            }
        },
        summary="Whether it can do its work",
    )
    async def readyz(response: Response) -> ReadyDocument:
        """Each part, and 503 unless all are ready."""
        parts = dict(await health())
        response.status_code = 200 if all(parts.values()) else 503
        return ReadyDocument(ready=all(parts.values()), parts=parts)

    return router
