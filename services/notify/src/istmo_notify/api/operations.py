"""What operators ask: whether the process lives and is ready, and how far it has come."""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from istmo_common.access import Access
from istmo_common.postgres import Pool
from istmo_notify.api.schemas import PartitionProgress, Progress, problems
from istmo_notify.store import deliveries
from istmo_notify.store.progress import stored_positions

__all__ = ["Health", "operations_router"]

Health = Callable[[], Awaitable[Mapping[str, bool]]]
"""Which parts are ready, by name."""


def operations_router(health: Health, pool: Pool, access: Access) -> APIRouter:
    """Liveness, readiness, and `/v1/admin/progress`."""
    router = APIRouter(tags=["operations"])

    @router.get("/healthz", summary="Whether the process lives")
    async def healthz() -> dict[str, str]:
        """It lives as long as it answers."""
        return {"status": "ok"}

    @router.get("/readyz", responses={503: {"description": "A part is not ready"}}, summary="Whether it can serve")
    async def readyz() -> JSONResponse:
        """Each part, and 503 unless all are ready."""
        parts = dict(await health())
        ready = all(parts.values())
        return JSONResponse({"ready": ready, "parts": parts}, status_code=200 if ready else 503)

    @router.get(
        "/v1/admin/progress",
        dependencies=[Depends(access.operator)],
        responses=problems("unauthenticated", "forbidden"),
        summary="How far intake and delivery have come",
    )
    async def progress() -> Progress:
        """Stored offsets of the log's partitions that were read, and the webhooks that are behind by failing."""
        async with pool.connection() as connection:
            positions = await stored_positions(connection)
            retrying = await deliveries.failing(connection)
        return Progress(
            partitions=[PartitionProgress(topic=t, partition=p, stored=s) for t, p, s in positions], retrying=retrying
        )

    return router
