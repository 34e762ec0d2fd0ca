"""Merges of organisation records: read by anyone, made and undone by the desk and operators."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import ValidationError

from istmo_common.access import Access, language_of_request
from istmo_common.disclosure import Reader, disclose
from istmo_common.events.organisation_merges import OrganisationMerged
from istmo_common.problem_documents import problems
from istmo_common.problems import Problem, field_error, validation_errors
from istmo_common.times import format_time
from istmo_registry.api.paging import page_of, position_of
from istmo_registry.api.schemas.organisation_merges import (
    Accepted,
    MergeDocument,
    MergeForm,
    MergeList,
    MergeQuery,
    UndoDocument,
    UndoForm,
)
from istmo_registry.registering.merges import MergeBook
from istmo_registry.store.queries_merges import MergeView, merges_after
from istmo_registry.store.snapshot import Pool, snapshot

__all__ = ["merges_router"]

MergeId = Annotated[
    str,
    Path(max_length=60, pattern=r"^[^\x00]*$", description="The id of a merge.", examples=["m-7f1eac20d2b5d97c747f"]),
]
_CHANGES: Final = (
    "bad-request", "unauthenticated", "forbidden", "conflict", "too-large", "invalid-request", "unavailable",
)  # fmt: skip


def merges_router(pool: Pool, access: Access, book: MergeBook) -> APIRouter:
    """`/v1/organisation-merges`."""
    router = APIRouter(prefix="/v1/organisation-merges", tags=["organisations"])

    @router.get(
        "",
        responses=problems("unauthenticated", "invalid-request", "unavailable"),
        summary="Merges of organisations",
    )
    async def list_merges(
        request: Request, reader: Annotated[Reader, Depends(access.reader)], query: Annotated[MergeQuery, Query()]
    ) -> MergeList:
        """By id, those that were undone too."""
        position = position_of(request, query.after, 1)
        async with snapshot(pool) as database:
            found = await merges_after(database, None if position is None else position[0], query.limit + 1)
        page, further = page_of(request, found, query.limit, [(view.id,) for view in found])
        return MergeList(merges=[_document(view, reader) for view in page], next=further)

    @router.post("", status_code=202, responses=problems(*_CHANGES), summary="Merge two organisations")
    async def merge_organisations(
        request: Request, author: Annotated[str, Depends(access.desk)], form: MergeForm
    ) -> Accepted:
        """Whatever names the record `merged` means the one of `kept` from then on, for matching too, until undone."""
        try:
            stated = OrganisationMerged.model_validate({**form.model_dump(), "author": author})
        except ValidationError as error:
            errors = validation_errors(error, language_of_request(request), at="/body")
            raise Problem("invalid-request", errors=errors) from None
        return Accepted(id=await book.merge(stated))

    @router.post("/{merge}/undo", status_code=202, responses=problems("not-found", *_CHANGES), summary="Undo a merge")
    async def undo_merge(
        request: Request, merge: MergeId, author: Annotated[str, Depends(access.desk)], form: UndoForm
    ) -> Accepted:
        """All is as if it had never been made. The answer names the undo."""
        if form.reason is not None and form.marking is None:
            error = field_error("/body/marking", "unmarked_reason", language_of_request(request))
            raise Problem("invalid-request", errors=[error])
        return Accepted(id=await book.undo(merge, author, form.model_dump()))

    return router


def _document(view: MergeView, reader: Reader) -> MergeDocument:
    undone = None
    if view.undone is not None:
        undone = UndoDocument(
            id=view.undone.id,
            author=view.undone.author,
            recorded_time=format_time(view.undone.recorded),
            reason=disclose(view.undone.reason, reader),
        )
    return MergeDocument(
        id=view.id,
        kept=view.kept,
        merged=view.merged,
        author=view.author,
        recorded_time=format_time(view.recorded),
        reason=disclose(view.reason, reader),
        undone=undone,
    )
