"""For operators: progress, the export."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Final

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from istmo_common.access import Access
from istmo_common.problem_documents import problems
from istmo_common.watching import Watching, stuck
from istmo_registry.api.schemas.operations import (
    ParkedDocument,
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
_LINE: Final = (
    '{"currency":"USD","date":"2024-05-02","fate":"counted","reason":null,"replaced_by":null,'
    '"transaction":{"activity":"HN-GOV-9-2024-017","id":"ref:3:D-17","ref":"D-17","reporter":"HN-GOV-9"},'
    '"transaction_type":"3","type":"entry","value":"100577"}\n'
)


def admin_router(pool: Pool, access: Access, export: Export, watching: Watching) -> APIRouter:
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
        picture = await watching.picture(read.stored, read.queues, len(read.parked))
        rows = {queue.stage: queue.rows for queue in read.queues}
        return ProgressDocument(
            partitions=list(picture.lags),
            dirty=rows["match"],
            work=rows["resolve"],
            outbox=rows["relay"],
            queues=[queue.document() for queue in picture.queues],
            parked=[ParkedDocument(what=each.what, error=each.error, since=each.since) for each in read.parked],
            stuck=stuck(picture),
        )

    @router.post("/parked/retry", status_code=202, summary="Try again what was parked")
    async def retry_parked() -> SentAgain:
        """What folding, matching and resolving set aside; it stays listed until it succeeds."""
        async with pool.connection() as database, database.transaction():
            activities, records = await send_parked_again(database)
        return SentAgain(activities=activities, records=records)

    @router.get(
        "/export",
        response_class=StreamingResponse,
        responses={
            200: {
                "content": {_NDJSON: {"schema": {"type": "string"}, "example": _LINE}},
                "description": "One JSON text a line.",
            }
        },
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
