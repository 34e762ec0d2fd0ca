"""Registering organisations of the directory."""

from collections.abc import Iterable, Sequence

from istmo_common.events.organisations import OrganisationChanged
from istmo_registry.registering.errors import Conflict, NotRegistered
from istmo_registry.registering.publishing import publish
from istmo_registry.store.directory import replace_names, upsert_organisations
from istmo_registry.store.queries_organisations import (
    all_organisations,
    identifiers_of_others,
    lock_organisations,
    organisation_of,
)
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
            known = await all_organisations(database)
            ids = {record.id for record in known}
            taken = {identifier for record in known for identifier in record.identifiers}
            new = [record for record in records if record.id not in ids and taken.isdisjoint(record.identifiers)]
            await _store(database, new)

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
    await _store(database, [record])
    return record


async def _store(database: Database, records: Sequence[OrganisationChanged]) -> None:
    # As *fold* writes them: when the events come round, they find their own versions here and change nothing.
    await execute(database, upsert_organisations(records))
    for statement in replace_names(records):
        await execute(database, statement)
    for record in records:
        await publish(database, "organisations", record.id, "organisation.changed", record, record.version)
