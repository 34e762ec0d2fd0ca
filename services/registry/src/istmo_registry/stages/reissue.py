"""Sending again what a compacted topic has lost: a late, older event that came last hides the newest one."""

from collections.abc import Mapping

from istmo_common.events.outcomes import ProgrammeOutcome
from istmo_registry.stages.publications import Publisher
from istmo_registry.store import members, outbox, published
from istmo_registry.store.members import ProgrammeRow
from istmo_registry.store.outbox import Publication
from istmo_registry.store.statement import BEGIN, COMMIT, Stage, notify

__all__ = ["reissue"]


def reissue(behind: Mapping[str, int], publisher: Publisher) -> Stage[int]:
    """Publish the programmes of these handles once more; how many. `behind`: the version that the topic should have.

    Those that have moved on since are left alone: their next version is on its way.
    """
    yield BEGIN
    locked: dict[int, str] = dict((yield published.lock_handles(sorted(behind))))
    rows: list[ProgrammeRow] = []
    again: list[Publication] = []
    for row in map(ProgrammeRow._make, (yield members.read_programmes(sorted(locked)))):
        handle = locked[row.root]
        if row.version == behind[handle]:
            rows.append(row._replace(version=row.version + 1))
            again.append(_publication(handle, rows[-1], publisher))
    if rows:
        yield members.upsert_programmes(rows)
        yield outbox.insert_publications(again)
        yield notify(outbox.OUTBOX)
    yield COMMIT
    return len(rows)


def _publication(handle: str, row: ProgrammeRow, publisher: Publisher) -> Publication:
    if row.outcome is None:
        return publisher.no_programme(handle, row.version, None)
    return publisher.programme(handle, row.version, ProgrammeOutcome.read(row.outcome), None)
