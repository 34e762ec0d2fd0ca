"""Programmes: the activities resolved to be the same undertaking."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from istmo_common.access import Access
from istmo_common.disclosure import Reader, disclose, disclosed
from istmo_common.problem_documents import problems
from istmo_common.problems import Problem
from istmo_registry.api.paging import activity_before, page_of
from istmo_registry.api.schemas.common import Handle
from istmo_registry.api.schemas.programmes import MemberDocument, ProgrammeDocument, ProgrammeList, ProgrammeQuery
from istmo_registry.domain.ids import ActivityId
from istmo_registry.store.queries_programmes import (
    HandleView,
    ProgrammeFilter,
    ProgrammeView,
    activity_behind,
    programmes_after,
    programmes_at,
)
from istmo_registry.store.snapshot import Pool, snapshot

__all__ = ["programmes_router"]


def programmes_router(pool: Pool, access: Access) -> APIRouter:
    """`/v1/programmes`."""
    router = APIRouter(prefix="/v1/programmes", tags=["programmes"])

    @router.get(
        "",
        responses=problems("unauthenticated", "invalid-request", "unavailable"),
        summary="Programmes, by their smallest activity",
    )
    async def list_programmes(
        request: Request,
        reader: Annotated[Reader, Depends(access.reader)],
        query: Annotated[ProgrammeQuery, Query()],
    ) -> ProgrammeList:
        """Only what you may see; filters look at nothing else."""
        wanted = ProgrammeFilter(query.country, query.line, query.goal, query.organisation, query.q)
        after = activity_before(request, query.after)
        async with snapshot(pool) as database:
            found = await programmes_after(database, reader, wanted, after=after, limit=query.limit + 1)
        seen = list(disclosed(found, reader))
        page, further = page_of(request, seen, query.limit, [view.position for view in seen])
        return ProgrammeList(programmes=[_document(view) for view in page], next=further)

    @router.get(
        "/{programme}",
        responses=problems("unauthenticated", "not-found", "unavailable"),
        summary="One programme",
    )
    async def get_programme(
        reader: Annotated[Reader, Depends(access.reader)],
        programme: Handle,
    ) -> ProgrammeDocument:
        """Any id under which it was ever published: after a merge or split it leads to where its activity is now."""
        async with snapshot(pool) as database:
            marked = await activity_behind(database, programme)
            behind = disclose(marked, reader) if marked is not None else None
            if behind is None:
                raise Problem("not-found")
            views = [] if behind.root is None else await programmes_at(database, reader, behind.root)
        view = next(disclosed(views, reader), None)
        if view is not None:
            return _document(view)
        if behind.state == "withdrawn":
            return _withdrawn(behind)
        raise Problem("not-found")

    return router


def _document(view: ProgrammeView) -> ProgrammeDocument:
    outcome = view.outcome
    return ProgrammeDocument(
        id=outcome.id,
        state="standing",
        title=outcome.title,
        members=[
            MemberDocument(
                id=view.handles[ActivityId(member.reporter, member.activity)],
                reporter=member.reporter,
                activity=member.activity,
                title=member.title,
            )
            for member in outcome.members
        ],
        organisations=outcome.organisations,
        countries=outcome.countries,
        lines=outcome.lines,
        goals=outcome.goals,
        totals=outcome.totals,
    )


def _withdrawn(behind: HandleView) -> ProgrammeDocument:
    return ProgrammeDocument.model_validate(
        {
            "id": behind.id,
            "state": "withdrawn",
            "title": behind.title,
            "members": [],
            "organisations": (),
            "countries": (),
            "lines": (),
            "goals": (),
            "totals": (),
        }
    )
