"""Sending again what the log has otherwise: a late, older event came last, or the tables were restored."""

from collections.abc import Mapping

from istmo_registry.stages.publications import Publisher
from istmo_registry.store import findings, members, outbox, published
from istmo_registry.store.findings import FindingRow
from istmo_registry.store.members import ProgrammeRow
from istmo_registry.store.outbox import Publication
from istmo_registry.store.statement import BEGIN, COMMIT, Stage, notify

__all__ = ["overtake_findings", "overtake_programmes", "reissue"]


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
            again.append(publisher.stored_programme(handle, row.version + 1, row.outcome))
    if rows:
        yield members.upsert_programmes(rows)
        yield outbox.insert_publications(again)
        yield notify(outbox.OUTBOX)
    yield COMMIT
    return len(rows)


def overtake_programmes(ahead: Mapping[str, int], publisher: Publisher) -> Stage[int]:
    """Publish the programmes of these handles above the versions that the log has of them; how many.

    Tables that were restored give out again versions that readers have had. What stands higher by now is left alone.
    """
    yield BEGIN
    locked: dict[int, str] = dict((yield published.lock_handles(sorted(ahead))))
    found = [ProgrammeRow(*row) for row in (yield members.read_programmes(sorted(locked)))]
    told = {row.root: ahead[locked[row.root]] for row in found}
    rows = [row._replace(version=told[row.root] + 1) for row in found if row.version < told[row.root]]
    if rows:
        yield members.upsert_programmes(rows)
        yield outbox.insert_publications(
            publisher.stored_programme(locked[row.root], row.version, row.outcome) for row in rows
        )
        yield notify(outbox.OUTBOX)
    yield COMMIT
    return len(rows)


def overtake_findings(ahead: Mapping[str, int], publisher: Publisher) -> Stage[int]:
    """The same of the findings of these keys."""
    yield BEGIN
    found = [FindingRow(*row) for row in (yield findings.lock_findings(sorted(ahead)))]
    rows = [row._replace(version=ahead[row.key] + 1) for row in found if row.version < ahead[row.key]]
    if rows:
        yield findings.update_findings(rows)
        yield outbox.insert_publications(publisher.stored_finding(row) for row in rows)
        yield notify(outbox.OUTBOX)
    yield COMMIT
    return len(rows)
