"""Activities as their reporters describe them, and how that came about."""

from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from istmo_common.access import Access
from istmo_common.disclosure import Marked, Reader, disclose, disclosed
from istmo_common.problem_documents import problems
from istmo_common.problems import Problem
from istmo_common.times import format_time
from istmo_registry.api.paging import PageQuery, activity_before, page_of, position_of
from istmo_registry.api.schemas.activities import (
    ActivityDocument,
    ActivityList,
    ActivityQuery,
    ReportDocument,
    ReportList,
)
from istmo_registry.api.schemas.common import Handle
from istmo_registry.domain.histories import History, SeenReport
from istmo_registry.store.queries_activities import ActivityView, activities_after, activity_of, reports_of
from istmo_registry.store.snapshot import Database, Pool, snapshot

__all__ = ["activities_router"]


def activities_router(pool: Pool, access: Access) -> APIRouter:
    """`/v1/activities`."""
    router = APIRouter(prefix="/v1/activities", tags=["activities"])

    @router.get(
        "",
        responses=problems("unauthenticated", "invalid-request", "unavailable"),
        summary="Activities, by reporter and identifier",
    )
    async def list_activities(
        request: Request,
        reader: Annotated[Reader, Depends(access.reader)],
        query: Annotated[ActivityQuery, Query()],
    ) -> ActivityList:
        """Only what you may see, withdrawn ones too."""
        after = activity_before(request, query.after)
        async with snapshot(pool) as database:
            found = await activities_after(
                database,
                reader,
                reporter=query.reporter,
                activity=query.activity,
                after=after,
                limit=query.limit + 1,
            )
        seen = list(disclosed(found, reader))
        page, further = page_of(request, seen, query.limit, [view.name for view in seen])
        return ActivityList(activities=[_document(view) for view in page], next=further)

    @router.get(
        "/{activity}",
        responses=problems("unauthenticated", "not-found", "unavailable"),
        summary="One activity",
    )
    async def get_activity(reader: Annotated[Reader, Depends(access.reader)], activity: Handle) -> ActivityDocument:
        """Its newest report; the transactions stand at `/v1/activities/{activity}/transactions`."""
        async with snapshot(pool) as database:
            return _document(_seen(await activity_of(database, activity), reader))

    @router.get(
        "/{activity}/reports",
        responses=problems("unauthenticated", "not-found", "invalid-request", "unavailable"),
        summary="The history of an activity",
    )
    async def list_reports(
        request: Request,
        reader: Annotated[Reader, Depends(access.reader)],
        activity: Handle,
        query: Annotated[PageQuery, Query()],
    ) -> ReportList:
        """Each report under its own marking and the current one; reports that you could not tell apart are one."""
        before = _number(position_of(request, query.after, 1))
        async with snapshot(pool) as database:
            view = _seen(await activity_of(database, activity), reader)
            seen = await _history(database, reader, view, before + query.limit + 1)
        positions = [(str(number + 1),) for number in range(before, len(seen))]
        page, further = page_of(request, seen[before:], query.limit, positions)
        return ReportList(reports=[_report(report) for report in page], next=further)

    return router


def _seen(marked: Marked[ActivityView] | None, reader: Reader) -> ActivityView:
    view = disclose(marked, reader) if marked is not None else None
    if view is None:
        raise Problem("not-found")
    return view


async def _history(database: Database, reader: Reader, activity: ActivityView, most: int) -> list[SeenReport]:
    history = History(reader)
    seen: list[SeenReport] = []
    async with aclosing(reports_of(database, activity)) as reports:
        async for report in reports:
            one = history.see(report)
            if one is not None:
                seen.append(one)
            if len(seen) == most:
                break
    return seen


def _number(position: tuple[str, ...] | None) -> int:
    # How many reports the reader has seen: the cursor says nothing that its pages did not.
    return int(position[0]) if position is not None and position[0].isdecimal() else 0


def _document(view: ActivityView) -> ActivityDocument:
    return ActivityDocument.model_validate(
        {
            "id": view.id,
            "reporter": view.name.reporter,
            "activity": view.name.activity,
            "state": view.state,
            "programme": view.programme if view.state == "standing" else None,
            "report": view.report,
        }
    )


def _report(seen: SeenReport) -> ReportDocument:
    return ReportDocument.model_validate(
        {
            "kind": seen.kind,
            "standing": seen.standing,
            "recorded": format_time(seen.recorded),
            "time": None if seen.time is None else format_time(seen.time),
            "report": seen.content,
            "transactions": None if seen.transactions is None else list(seen.transactions),
        }
    )
