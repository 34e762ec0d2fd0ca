"""What operators ask: how far it has come."""

from fastapi import APIRouter, Depends

from istmo_common.access import Access
from istmo_common.postgres import Pool
from istmo_common.problem_documents import problems
from istmo_notify.api.schemas import PartitionProgress, Progress
from istmo_notify.store import deliveries
from istmo_notify.store.progress import stored_positions

__all__ = ["operations_router"]


def operations_router(pool: Pool, access: Access) -> APIRouter:
    """`/v1/admin/progress`."""
    router = APIRouter(tags=["operations"])

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
