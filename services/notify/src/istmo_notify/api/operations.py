"""What operators ask: how far it has come, and what became of a trace."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import StringConstraints

from istmo_common.access import Access
from istmo_common.postgres import Pool
from istmo_common.problem_documents import problems
from istmo_common.watching import Watching, stuck
from istmo_notify.api.following import StageDocument, StagesDocument, ToldDocument, UndeliveredDocument
from istmo_notify.api.schemas import Progress
from istmo_notify.store import deliveries, stage_records
from istmo_notify.store.progress import read_waits

__all__ = ["operations_router"]

_Trace = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
_Traces = Annotated[list[_Trace], Query(min_length=1, max_length=50, description="Ids of traces, as in `traceparent`.")]


def operations_router(pool: Pool, access: Access, watching: Watching) -> APIRouter:
    """`/v1/admin/progress` and `/v1/admin/stages`."""
    router = APIRouter(tags=["operations"])

    @router.get(
        "/v1/admin/progress",
        dependencies=[Depends(access.operator)],
        responses=problems("unauthenticated", "forbidden", "unavailable"),
        summary="How far intake and delivery have come",
    )
    async def progress() -> Progress:
        """Stored offsets of the log's partitions that were read, and the webhooks that are behind by failing."""
        async with pool.connection() as connection:
            waits = await read_waits(connection)
            retrying = await deliveries.failing(connection)
        picture = await watching.picture(waits.stored, waits.queues)
        return Progress(
            partitions=list(picture.lags),
            queues=[queue.document() for queue in picture.queues],
            retrying=retrying,
            stuck=stuck(picture),
        )

    @router.get(
        "/v1/admin/stages",
        dependencies=[Depends(access.operator)],
        responses=problems("invalid-request", "unauthenticated", "forbidden", "unavailable"),
        summary="What became of a trace",
    )
    async def stages(trace: _Traces) -> StagesDocument:
        """What the stages did for these traces, what lists were told, and what endpoints have not taken yet."""
        async with pool.connection() as connection:
            records = await stage_records.records_of(connection, trace)
            told = await stage_records.told_of(connection, trace)
            undelivered = await stage_records.undelivered_of(connection, trace)
        return StagesDocument(
            stages=[StageDocument(**record._asdict() | {"trace": record.trace.hex}) for record in records],
            told=[ToldDocument(**one._asdict()) for one in told],
            undelivered=[UndeliveredDocument(**one._asdict()) for one in undelivered],
        )

    return router
