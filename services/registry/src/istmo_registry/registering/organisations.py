"""Registering organisations of the directory."""

from collections.abc import Iterable

from istmo_common.events.organisations import OrganisationChanged
from istmo_registry.registering.errors import Conflict, NotRegistered
from istmo_registry.registering.publishing import publish
from istmo_registry.store.directory import replace_names, upsert_organisations
from istmo_registry.store.queries_organisations import identifiers_of_others, lock_organisations, organisation_of
from istmo_registry.store.snapshot import Database, Pool, execute

__all__ = ["Directory"]


class Directory:
    """The organisations, changed one at a time: an identifier names one of them."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, record: OrganisationChanged) -> OrganisationChanged:
        """Make an organisation known. Raises `Conflict`."""
        async with self._pool.connection() as database, database.transaction():
            await lock_organisations(database)
            if await organisation_of(database, record.id) is not None:
                raise Conflict([("/id", "taken")])
            return await _write(database, record.model_copy(update={"version": 1}))

    async def begin_with(self, records: Iterable[OrganisationChanged]) -> None:
        """Make those known of whom neither id nor an identifier is; what somebody has registered stays as it is."""
        async with self._pool.connection() as database, database.transaction():
            await lock_organisations(database)
            for record in records:
                known = await organisation_of(database, record.id)
                if known is None and not await identifiers_of_others(database, record.id, record.identifiers):
                    await _write(database, record)

    async def replace(self, record: OrganisationChanged) -> OrganisationChanged:
        """Put `record` in place of what is known. Raises `NotRegistered` or `Conflict`."""
        async with self._pool.connection() as database, database.transaction():
            await lock_organisations(database)
            known = await organisation_of(database, record.id)
            if known is None:
                raise NotRegistered
            return await _write(database, record.model_copy(update={"version": known.record.version + 1}))


async def _write(database: Database, record: OrganisationChanged) -> OrganisationChanged:
    taken = set(await identifiers_of_others(database, record.id, record.identifiers))
    if taken:
        places = [place for place, identifier in enumerate(record.identifiers) if identifier in taken]
        raise Conflict([(f"/identifiers/{place}", "identifier_taken") for place in places])
    # As *fold* writes it: when the event comes round, it finds its own version here and changes nothing.
    await execute(database, upsert_organisations([record]))
    for statement in replace_names([record]):
        await execute(database, statement)
    await publish(database, "organisations", record.id, "organisation.changed", record, record.version)
    return record
