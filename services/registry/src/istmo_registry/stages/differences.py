"""The last step of a resolution: the difference between what is stored and what was settled, written and published."""

from istmo_common.canonical import canonical_report
from istmo_registry.domain.findings import Finding
from istmo_registry.stages.claims import Claim
from istmo_registry.stages.publications import Publisher, spelled
from istmo_registry.stages.settling import Settled
from istmo_registry.stages.stored import Stored
from istmo_registry.store import entries, findings, members, outbox, work
from istmo_registry.store.findings import FindingRow
from istmo_registry.store.members import MemberRow, ProgrammeRow
from istmo_registry.store.outbox import Publication
from istmo_registry.store.statement import Stage

__all__ = ["write_difference"]


def write_difference(stored: Stored, settled: Settled, claim: Claim, publisher: Publisher) -> Stage[None]:
    """Write what differs. Rows of findings are locked in the order of keys, after those of activities."""
    moved = yield from _write_members(stored, settled)
    yield from _write_money(stored, settled)
    published = yield from _write_programmes(stored, settled, claim, publisher)
    published += yield from _write_findings(stored, settled, claim, publisher)
    if published:
        yield outbox.insert_publications(published)
    touched = _touched_by_money(stored, moved)
    if touched:
        yield work.insert_work((activity, claim.trace_of(claim.activities)) for activity in sorted(touched))


def _write_members(stored: Stored, settled: Settled) -> Stage[set[int]]:
    """The activities whose programme is another than before."""
    changed = [
        row
        for activity, row in sorted(settled.members.items())
        if row != stored.members.get(activity, MemberRow(activity))
    ]
    if changed:
        yield members.upsert_members(changed)
    return {row.activity for row in changed}


def _touched_by_money(stored: Stored, moved: set[int]) -> set[int]:
    """The far ends of the *funds* links of members whose programme changed: their money reads it."""
    linked = [(pair.a, pair.b) for pair in stored.pairs if pair.kind == "funds" and not moved.isdisjoint(pair[:2])]
    return {end for ends in linked for end in ends} - stored.inside


def _write_money(stored: Stored, settled: Settled) -> Stage[None]:
    changed = [row for line, row in sorted(settled.entries.items()) if stored.entries.get(line) != row]
    gone = sorted(stored.entries.keys() - settled.entries.keys())
    if gone:
        yield entries.delete_entries(gone)
    if changed:
        yield entries.upsert_entries(changed)
    resplit = sorted(
        line
        for line in stored.splits.keys() | settled.splits.keys()
        if stored.splits.get(line, frozenset()) != settled.splits.get(line, frozenset())
    )
    if resplit:
        yield entries.delete_splits(resplit)
        yield entries.insert_splits(sorted(row for line in resplit for row in settled.splits.get(line, ())))


def _write_programmes(stored: Stored, settled: Settled, claim: Claim, publisher: Publisher) -> Stage[list[Publication]]:
    rows: list[ProgrammeRow] = []
    published: list[Publication] = []
    for root in sorted(stored.programmes.keys() | settled.programmes.keys()):
        before = stored.programmes.get(root, ProgrammeRow(root, 0, True, None))
        outcome = settled.programmes.get(root)
        text = None if outcome is None else spelled(outcome)
        if text == before.outcome:
            continue
        handle, version = stored.activities[root].handle, before.version + 1
        if outcome is None:
            trace = claim.trace_of([root])
            rows.append(ProgrammeRow(root, version, True, None))
            published.append(publisher.no_programme(handle, version, trace))
        else:
            together = [row.activity for row in settled.members.values() if row.root == root]
            rows.append(ProgrammeRow(root, version, outcome.label.label().is_clear, text))
            published.append(publisher.programme(handle, version, outcome, claim.trace_of(together)))
    if rows:
        yield members.upsert_programmes(rows)
    return published


def _write_findings(stored: Stored, settled: Settled, claim: Claim, publisher: Publisher) -> Stage[list[Publication]]:
    noticed = settled.noticed
    gone, new = sorted(stored.support - noticed.support), sorted(noticed.support - stored.support)
    dropped = {row.finding for row in gone} - noticed.findings.keys()
    if not noticed.findings and not dropped:
        return []
    if new:
        raised_now = {row.finding for row in new}
        yield findings.insert_findings(_new_row(key, noticed.findings[key].finding) for key in sorted(raised_now))
    locked = [FindingRow(*row) for row in (yield findings.lock_findings(noticed.findings.keys() | dropped))]
    if gone:
        yield findings.delete_support(gone)
    if new:
        yield findings.insert_support(new)
    # In a later statement than the locks: others may rest on the same finding, and are seen only now.
    supported = {row[0] for row in (yield findings.read_supported(dropped))} if dropped else set()
    changed: list[FindingRow] = []
    published: list[Publication] = []
    for row in locked:
        now = row._replace(version=row.version + 1)
        if row.key in noticed.findings:
            raised = noticed.findings[row.key]
            content = spelled(raised.content, without={"version"})
            if content != row.content:
                changed.append(now._replace(content=content))
                published.append(publisher.raised(raised.content, now.version, claim.trace_of(raised.concerns)))
        elif row.key not in supported and row.content is not None:
            changed.append(now._replace(content=None))
            published.append(publisher.cleared(now, claim.trace_of(claim.activities)))
    if changed:
        yield findings.update_findings(changed)
    return published


def _new_row(key: str, found: Finding) -> FindingRow:
    sides = canonical_report([list(side) for side in found.sides]).decode()
    return FindingRow(key, found.kind, found.reporter, found.other, sides, 0, None)
