"""What is not about reports: health, and the documentation of problems."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from istmo_common.catalogue import LANGUAGES
from istmo_common.problems import PROBLEMS, Problem
from istmo_ingest.api.documents import problems
from istmo_ingest.domain.limits import BATCH_EVENTS

__all__ = ["Health", "operations_router"]

Health = Callable[[], Mapping[str, bool]]
"""Which parts are ready, by name."""


class ProblemText(BaseModel):
    """What a kind of problem is called, and what it means."""

    title: str
    detail: str


class ProblemKind(BaseModel):
    """A kind of problem: its type, its HTTP status, and its texts by language."""

    type: str
    status: int
    texts: dict[str, ProblemText]


def operations_router(health: Health) -> APIRouter:
    """Liveness, readiness, and `/problems`."""
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
        return JSONResponse(
            {"ready": all(parts.values()), "parts": parts}, status_code=200 if all(parts.values()) else 503
        )

    @router.get("/problems/{slug}", responses=problems("not-found"), summary="What a kind of problem means")
    async def problem_kind(slug: str) -> ProblemKind:
        """The page that the `type` of a problem leads to."""
        if slug not in PROBLEMS:
            raise Problem("not-found")
        problem = Problem(slug, most=BATCH_EVENTS)
        bodies: dict[str, dict[str, Any]] = {language: problem.body(language) for language in LANGUAGES}
        return ProblemKind(
            type=f"/problems/{slug}",
            status=int(problem.status),
            texts={language: ProblemText(title=b["title"], detail=b["detail"]) for language, b in bodies.items()},
        )

    return router
