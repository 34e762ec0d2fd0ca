"""For operators: progress, the export."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Final

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from istmo_common.access import Access
from istmo_common.problem_documents import problems
from istmo_registry.api.schemas.operations import (
    ParkedDocument,
    PartitionDocument,
    ProgressDocument,
    SentAgain,
)
from istmo_registry.store.queries_progress import read_progress, send_parked_again
from istmo_registry.store.snapshot import Pool, snapshot

__all__ = ["Export", "admin_router"]

Export = Callable[[], Awaitable[Iterable[str]]]
"""The lines of the export, in their order."""

_NDJSON: Final = "application/x-ndjson"
_LINES_AT_ONCE: Final = 500


def admin_router(pool: Pool, access: Access, export: Export) -> APIRouter:
    """`/v1/admin`, for the admin key alone: what it shows is not composed for a reader."""
    router = APIRouter(
        prefix="/v1/admin",
        tags=["operations"],
        dependencies=[Depends(access.operator)],
        responses=problems("unauthenticated", "forbidden", "unavailable"),
    )

    @router.get("/progress", summary="How far the registry is")
    async def progress() -> ProgressDocument:
        """At rest it has stored what the log holds, and dirty, work and outbox are 0."""
        async with snapshot(pool) as database:
            read = await read_progress(database)
        return ProgressDocument(
            partitions=[
                PartitionDocument(topic=topic, partition=partition, stored=stored)
                for (topic, partition), stored in read.stored.items()
            ],
            dirty=read.dirty,
            work=read.work,
            outbox=read.outbox,
            parked=[ParkedDocument(what=parked.what, error=parked.error) for parked in read.parked],
        )

    @router.post("/parked/retry", status_code=202, summary="Try again what was parked")
    async def retry_parked() -> SentAgain:
        """What matching and resolving set aside; it stays listed until it succeeds."""
        async with pool.connection() as database, database.transaction():
            return SentAgain(activities=await send_parked_again(database))

    @router.get(
        "/export",
        response_class=StreamingResponse,
        responses={200: {"content": {_NDJSON: {"schema": {"type": "string"}}}, "description": "One JSON text a line."}},
        summary="Every programme, pair, entry and finding",
    )
    async def export_all() -> StreamingResponse:
        """As of one moment, in one order, restricted or not: an operator's view, to compare and to keep."""
        return StreamingResponse(_pieces(await export()), media_type=_NDJSON)

    return router


def _pieces(lines: Iterable[str]) -> Iterator[str]:
    held: list[str] = []
    for line in lines:
        held.append(line)
        if len(held) == _LINES_AT_ONCE:
            yield "\n".join([*held, ""])
            held.clear()
    if held:
        yield "\n".join([*held, ""])
