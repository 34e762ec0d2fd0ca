"""What must be there before notify works: its tables, and the public lists in them."""

import asyncio
from importlib.resources import files

from istmo_common.postgres import Pool
from istmo_common.preparing import prepare, prepare_tables
from istmo_notify.domain.views import PUBLIC_VIEWS
from istmo_notify.settings import NotifySettings
from istmo_notify.store import lists

__all__ = ["prepare_lists"]


async def prepare_lists(settings: NotifySettings, pool: Pool, stop: asyncio.Event) -> None:
    """Make or check the tables, then open the public lists. Raises `MigrationMismatch`, `Stopped`."""

    async def open_public() -> None:
        async with pool.connection() as connection:
            for view in PUBLIC_VIEWS:
                await lists.open_view(connection, view)

    await prepare_tables(pool, settings.schema_name, files("istmo_notify.store") / "migrations", stop)
    await prepare("public lists", open_public, stop)
