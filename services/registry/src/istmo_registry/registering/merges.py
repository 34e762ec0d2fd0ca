"""Merging records of the directory, and undoing it.

Nothing is written here but the event, which *fold* reads like any other: what a merge comes to is what the log says.
"""

import secrets

from istmo_common.canonical import kafka_key
from istmo_common.events.organisation_merges import OrganisationMerged, OrganisationMergeUndone
from istmo_registry.domain.merges import kept_by
from istmo_registry.registering.errors import Conflict, NotRegistered
from istmo_registry.registering.publishing import publish
from istmo_registry.store.queries_merges import merge_of, standing_merges
from istmo_registry.store.queries_organisations import unknown_organisations
from istmo_registry.store.snapshot import Database, Pool

__all__ = ["MergeBook"]


class MergeBook:
    """The merges of organisations, as the steward makes and undoes them."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def merge(self, stated: OrganisationMerged) -> str:
        """Make two records one: the id of the merge. Raises `Conflict`."""
        async with self._pool.connection() as database, database.transaction():
            unknown = set(await unknown_organisations(database, (stated.kept, stated.merged)))
            places = [f"/{name}" for name in ("kept", "merged") if getattr(stated, name) in unknown]
            if places:
                raise Conflict([(place, "unknown_organisation") for place in places])
            kept = kept_by(await standing_merges(database))
            if kept.get(stated.kept, stated.kept) == kept.get(stated.merged, stated.merged):
                raise Conflict([("/merged", "merged_already")])
            return await _publish(database, "organisation.merged", stated)

    async def undo(self, merge: str, author: str, stated: dict[str, object]) -> str:
        """Take back a merge, with `reason` and `marking` as stated. Raises `NotRegistered` or `Conflict`."""
        async with self._pool.connection() as database, database.transaction():
            known = await merge_of(database, merge)
            if known is None:
                raise NotRegistered
            if known.undone is not None:
                raise Conflict([("", "undone_already")])
            undo = {**stated, "kept": known.kept, "merged": known.merged, "author": author, "undoes": merge}
            return await _publish(database, "organisation.merge-undone", OrganisationMergeUndone.model_validate(undo))


async def _publish(database: Database, type: str, stated: OrganisationMerged) -> str:
    identity = f"m-{secrets.token_hex(16)}"
    key = kafka_key(*sorted((stated.kept, stated.merged))).decode()
    # Events of a pair need no version: each has an id of its own, and their order decides nothing.
    await publish(database, "organisations", key, type, stated, 1, identity)
    return identity
