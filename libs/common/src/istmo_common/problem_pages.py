"""The pages that the `type` of a problem leads to, the same in every service."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict

from istmo_common.catalogue import LANGUAGES
from istmo_common.problem_documents import problems
from istmo_common.problems import PROBLEMS, Problem

__all__ = ["problem_pages"]

_EXAMPLE: Final = "invalid-event"


def _kind(slug: str, most_events: int) -> dict[str, Any]:
    problem = Problem(slug, most=most_events)
    bodies = {language: problem.body(language) for language in LANGUAGES}
    texts = {language: {"title": body["title"], "detail": body["detail"]} for language, body in bodies.items()}
    return {"type": f"/problems/{slug}", "status": int(problem.status), "texts": texts}


class ProblemText(BaseModel):
    """What a kind of problem is called, and what it means."""

    title: str
    detail: str


class ProblemKind(BaseModel):
    """A kind of problem: its type, its HTTP status, and its texts by language."""

    model_config = ConfigDict(json_schema_extra={"examples": [_kind(_EXAMPLE, 0)]})

    type: str
    status: int
    texts: dict[str, ProblemText]


def problem_pages(most_events: int) -> APIRouter:
    """`/problems/{slug}`; `most_events` of a batch are named in a text."""
    router = APIRouter(tags=["operations"])

    @router.get("/problems/{slug}", responses=problems("not-found"), summary="What a kind of problem means")
    async def problem_kind(
        slug: Annotated[str, Path(description="The last part of a problem's `type`.", examples=[_EXAMPLE])],
    ) -> ProblemKind:
        """The page that the `type` of a problem leads to."""
        if slug not in PROBLEMS:
            raise Problem("not-found")
        return ProblemKind.model_validate(_kind(slug, most_events))

    return router
