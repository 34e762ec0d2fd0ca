"""Liveness and readiness of an HTTP service."""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

__all__ = ["Health", "health_router"]

Health = Callable[[], Awaitable[Mapping[str, bool]]]
"""Which parts are ready, by name."""


class ReadyDocument(BaseModel):
    """Whether the service can do its work, by part."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ready: bool
    parts: dict[str, bool]


def health_router(health: Health) -> APIRouter:
    """`/healthz` and `/readyz`."""
    router = APIRouter(tags=["operations"])

    @router.get("/healthz", summary="Whether the process lives")
    async def healthz() -> dict[str, str]:
        """It lives as long as it answers."""
        return {"status": "ok"}

    @router.get(
        "/readyz",
        responses={503: {"model": ReadyDocument, "description": "A part is not ready"}},
        summary="Whether it can do its work",
    )
    async def readyz(response: Response) -> ReadyDocument:
        """Each part, and 503 unless all are ready."""
        parts = dict(await health())
        response.status_code = 200 if all(parts.values()) else 503
        return ReadyDocument(ready=all(parts.values()), parts=parts)

    return router
