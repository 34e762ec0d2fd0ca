"""Transactions: every living line of money with its fate."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from istmo_common.access import Access, language_of_request
from istmo_common.disclosure import Reader, disclose
from istmo_common.problem_documents import problems
from istmo_common.problems import Problem, field_error
from istmo_registry.api.entries import Position, ShownEntry, entries_for
from istmo_registry.api.paging import PageQuery, page_of, position_of
from istmo_registry.api.schemas.common import ActivityRef, Handle
from istmo_registry.api.schemas.transactions import (
    EntryDocument,
    ReplacementDocument,
    TransactionList,
    TransactionQuery,
    TransactionsOfQuery,
)
from istmo_registry.domain.ids import ActivityId
from istmo_registry.store.queries_activities import activity_of
from istmo_registry.store.queries_transactions import TransactionFilter
from istmo_registry.store.snapshot import Database, Pool, snapshot

__all__ = ["transactions_router"]


def transactions_router(pool: Pool, access: Access) -> APIRouter:
    """`/v1/transactions`, and those of one activity."""
    router = APIRouter(prefix="/v1", tags=["transactions"])

    @router.get(
        "/transactions",
        responses=problems("unauthenticated", "invalid-request", "unavailable"),
        summary="Transactions with their fates",
    )
    async def list_transactions(
        request: Request,
        reader: Annotated[Reader, Depends(access.reader)],
        query: Annotated[TransactionQuery, Query()],
    ) -> TransactionList:
        """Living ones, by activity, day and identity."""
        wanted = TransactionFilter(
            programme=query.programme,
            reporter=query.reporter,
            type=query.type,
            fate=query.fate,
            first_day=query.first,
            last_day=query.last,
        )
        async with snapshot(pool) as database:
            return await _page(request, database, reader, wanted, query)

    @router.get(
        "/activities/{activity}/transactions",
        responses=problems("unauthenticated", "not-found", "invalid-request", "unavailable"),
        summary="The transactions of an activity",
    )
    async def list_transactions_of_activity(
        request: Request,
        reader: Annotated[Reader, Depends(access.reader)],
        activity: Handle,
        query: Annotated[TransactionsOfQuery, Query()],
    ) -> TransactionList:
        """Living ones, by day and identity."""
        wanted = TransactionFilter(
            activity=activity, type=query.type, fate=query.fate, first_day=query.first, last_day=query.last
        )
        async with snapshot(pool) as database:
            marked = await activity_of(database, activity)
            if marked is None or disclose(marked, reader) is None:
                raise Problem("not-found")
            return await _page(request, database, reader, wanted, query)

    return router


async def _page(
    request: Request, database: Database, reader: Reader, wanted: TransactionFilter, query: PageQuery
) -> TransactionList:
    after = _position(request, query.after)
    shown = await entries_for(database, reader, wanted, after=after, limit=query.limit + 1)
    page, further = page_of(request, shown, query.limit, [entry.position for entry in shown])
    return TransactionList(transactions=[_document(entry) for entry in page], next=further)


def _position(request: Request, after: str | None) -> Position | None:
    parts = position_of(request, after, 4)
    if parts is None:
        return None
    try:
        return Position(parts[0], parts[1], date.fromisoformat(parts[2]).isoformat(), parts[3])
    except ValueError:
        error = field_error("/query/after", "cursor", language_of_request(request))
    raise Problem("invalid-request", errors=[error])


def _document(shown: ShownEntry) -> EntryDocument:
    entry, replacement = shown.entry, shown.replaced_by
    return EntryDocument.model_validate(
        {
            "activity": _ref(entry.activity, entry.name),
            "id": entry.id,
            "transaction": entry.content,
            "fate": entry.fate or "pending",
            "reason": entry.reason,
            "replaced_by": None
            if replacement is None
            else ReplacementDocument(activity=_ref(replacement.activity, replacement.name), id=replacement.id),
        }
    )


def _ref(handle: str, name: ActivityId) -> ActivityRef:
    return ActivityRef(id=handle, reporter=name.reporter, activity=name.activity)
