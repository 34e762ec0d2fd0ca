"""Health."""

from collections.abc import Callable, Mapping

from fastapi import APIRouter
from fastapi.responses import JSONResponse

__all__ = ["Health", "health_router"]

Health = Callable[[], Mapping[str, bool]]
"""Which parts are ready, by name."""


def health_router(health: Health) -> APIRouter:
    """Liveness and readiness."""
    router = APIRouter(tags=["operations"])

    @router.get("/healthz", summary="Whether the process lives")
    async def healthz() -> dict[str, str]:
        """It lives as long as it answers."""
        return {"status": "ok"}

    @router.get(
        "/readyz", responses={503: {"description": "A part is not ready"}}, summary="Whether reports get through"
    )
    async def readyz() -> JSONResponse:
        """Each part, and 503 unless all are ready."""
        parts = dict(health())
        ready = all(parts.values())
        return JSONResponse({"ready": ready, "parts": parts}, status_code=200 if ready else 503)

    return router
