"""For operators: the way of one report."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from istmo_common.access import Access
from istmo_common.problem_documents import problems
from istmo_registry.api.schemas.common import Word
from istmo_registry.api.schemas.following import (
    ArrivalDocument,
    ContentDocument,
    NamedReport,
    ParkedStage,
    ReportsFound,
    StageDocument,
    WaitingDocument,
    WayDocument,
)
from istmo_registry.store.queries_followed import Followed, find_reports, follow
from istmo_registry.store.snapshot import Pool, snapshot

__all__ = ["following_router"]

_Word = Annotated[str, Query(min_length=1, max_length=500, pattern=r"^[^\x00]*$", description="The id of an event.")]


def following_router(pool: Pool, access: Access) -> APIRouter:
    """`/v1/admin/reports`, for the admin key alone."""
    router = APIRouter(
        prefix="/v1/admin",
        tags=["operations"],
        dependencies=[Depends(access.operator)],
        responses=problems("invalid-request", "unauthenticated", "forbidden", "unavailable"),
    )

    @router.get("/reports", summary="The way of one report")
    async def reports(
        event: _Word,
        partner: Annotated[Word, Query(description="Who sent it.")] = None,
        source: Annotated[Word, Query(description="The event's source.")] = None,
    ) -> ReportsFound:
        """By the id of its event. Ids are unique for each partner and source: where several fit, they are listed."""
        async with snapshot(pool) as database:
            found = await find_reports(database, event, partner, source)
            way = _way(await follow(database, found[0])) if len(found) == 1 else None
        return ReportsFound(
            reports=[NamedReport(partner=key.partner, source=key.source, event=key.id) for key in found], way=way
        )

    return router


def _way(followed: Followed) -> WayDocument:
    return WayDocument(
        contents=[
            ContentDocument(**{name: value for name, value in content._asdict().items() if name != "number"})
            for content in followed.contents
        ],
        arrivals=[ArrivalDocument(**arrival._asdict()) for arrival in followed.arrivals],
        stages=[StageDocument(**stage._asdict()) for stage in followed.stages],
        waiting=[WaitingDocument(**waiting._asdict()) for waiting in followed.waiting],
        parked=[ParkedStage(stage=stage, error=error, since=since) for stage, error, since in followed.parked],
    )
