"""The last step of a resolution: the difference between what is stored and what was settled, written and published."""

from collections.abc import Collection

from istmo_common.canonical import canonical_report
from istmo_registry.stages.claims import Claim
from istmo_registry.stages.noticing import Noticed, Raised
from istmo_registry.stages.publications import Publisher
from istmo_registry.stages.settling import Settled
from istmo_registry.stages.stored import Stored
from istmo_registry.store import entries, findings, members, outbox, work
from istmo_registry.store.findings import FindingRow
from istmo_registry.store.members import MemberRow, ProgrammeRow
from istmo_registry.store.outbox import Publication
from istmo_registry.store.statement import Stage

__all__ = ["write_difference"]


def write_difference(stored: Stored, settled: Settled, claim: Claim, publisher: Publisher) -> Stage[list[str]]:
    """Write what differs. Rows of findings are locked in the order of keys, after those of activities.

    The channels of those who have something to do now.
    """
    channels = []
    moved = yield from _write_members(stored, settled)
    yield from _write_money(stored, settled)
    published = yield from _write_programmes(stored, settled, claim, publisher)
    published += yield from _write_findings(stored, settled, claim, publisher)
    if published:
        yield outbox.insert_publications(published)
        channels.append(outbox.OUTBOX)
    touched = _touched_by_money(stored, moved)
    if touched:
        yield work.insert_work((activity, claim.trace_of(claim.activities)) for activity in sorted(touched))
        channels.append(work.WORK)
    return channels


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
    if old := [line for line in resplit if line in stored.splits]:
        yield entries.delete_splits(old)
    if now := sorted(row for line in resplit for row in settled.splits.get(line, ())):
        yield entries.insert_splits(now)


def _write_programmes(stored: Stored, settled: Settled, claim: Claim, publisher: Publisher) -> Stage[list[Publication]]:
    rows: list[ProgrammeRow] = []
    published: list[Publication] = []
    for root in sorted(stored.programmes.keys() | settled.programmes.keys()):
        before = stored.programmes.get(root, ProgrammeRow(root, 0, True, None))
        composed = settled.programmes.get(root)
        if before.outcome == (None if composed is None else composed.text):
            continue
        handle, version = stored.activities[root].handle, before.version + 1
        if composed is None:
            trace = claim.trace_of([root])
            rows.append(ProgrammeRow(root, version, True, None))
            published.append(publisher.no_programme(handle, version, trace))
        else:
            together = [row.activity for row in settled.members.values() if row.root == root]
            rows.append(ProgrammeRow(root, version, composed.clear, composed.text))
            published.append(publisher.programme(handle, version, composed.outcome, claim.trace_of(together)))
    if rows:
        yield members.upsert_programmes(rows)
    return published


def _write_findings(stored: Stored, settled: Settled, claim: Claim, publisher: Publisher) -> Stage[list[Publication]]:
    noticed = settled.noticed
    gone, new = sorted(stored.support - noticed.support), sorted(noticed.support - stored.support)
    dropped = {row.finding for row in gone} - noticed.findings.keys()
    if not noticed.findings and not dropped:
        return []
    made = yield from _make_findings(noticed, {row.finding for row in new})
    known = (noticed.findings.keys() | dropped) - made.keys()
    locked = [FindingRow(*row) for row in (yield findings.lock_findings(known))] if known else []
    if gone:
        yield findings.delete_support(gone)
    if new:
        yield findings.insert_support(new)
    # In a later statement than the locks: others may rest on the same finding, and are seen only now.
    supported = {row[0] for row in (yield findings.read_supported(dropped))} if dropped else set()
    changed = [now for row in locked if (now := _finding_now(row, noticed, supported)) is not None]
    if changed:
        yield findings.update_findings(changed)
    stood = {row.key: row.version for row in locked}
    told = [row for row in changed if row.version != stood[row.key]]
    return [_published(row, noticed, claim, publisher) for row in sorted([*made.values(), *told])]


def _make_findings(noticed: Noticed, keys: Collection[str]) -> Stage[dict[str, FindingRow]]:
    """Give a row to those of these findings that have none, and say which."""
    if not keys:
        return {}
    first = {key: _first_row(noticed.findings[key]) for key in keys}
    return {row[0]: first[row[0]] for row in (yield findings.insert_findings(first.values()))}


def _finding_now(row: FindingRow, noticed: Noticed, supported: Collection[str]) -> FindingRow | None:
    """The row of a finding as it is from now on, if it changes."""
    raised = noticed.findings.get(row.key)
    if raised is None and row.key in supported:
        return None
    if raised is None:
        return None if row.content is None else row._replace(version=row.version + 1, content=None, basis=None)
    if raised.basis == row.basis:
        return None
    version = row.version + (raised.text != row.content)
    return row._replace(version=version, content=raised.text, basis=raised.basis)


def _published(row: FindingRow, noticed: Noticed, claim: Claim, publisher: Publisher) -> Publication:
    if row.key not in noticed.findings:
        return publisher.cleared(row, claim.trace_of(claim.activities))
    raised = noticed.findings[row.key]
    return publisher.raised(raised.content, row.version, claim.trace_of(raised.concerns))


def _first_row(raised: Raised) -> FindingRow:
    found = raised.finding
    sides = canonical_report([list(side) for side in found.sides]).decode()
    return FindingRow(raised.key, found.kind, found.reporter, found.other, sides, 1, raised.text, raised.basis)
