"""The whole state as the export shows it, read in one snapshot and given to `domain.export`."""

import json
from decimal import Decimal

from istmo_registry.domain.export import ExportedEntry, ExportedPair, export_lines
from istmo_registry.domain.findings import Finding
from istmo_registry.domain.ids import ActivityId, TransactionKey
from istmo_registry.domain.ledger import Fate, Line
from istmo_registry.domain.scoring import Comparison
from istmo_registry.store.statement import COMMIT, GATE, Row, Stage, Statement

__all__ = ["export"]

_SNAPSHOT = Statement("begin a snapshot", f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {GATE}")
_NAMES = Statement("export: activities", "SELECT id, reporter, activity FROM activities")
_MEMBERS = Statement("export: members", "SELECT root, activity FROM members WHERE root IS NOT NULL")
_PAIRS = Statement("export: pairs", "SELECT a, b, verdict, kind, score FROM pairs")
_ENTRIES = Statement(
    "export: entries",
    """SELECT activity, transaction, type, value, currency, date, ref, fate, reason, replaced_by_activity,
           replaced_by_transaction FROM entries""",
)
_FINDINGS = Statement("export: findings", "SELECT kind, reporter, other, sides FROM findings WHERE content IS NOT NULL")


def export(handle_key: bytes) -> Stage[list[str]]:
    """The lines of the export, in their order."""
    yield _SNAPSHOT
    names = {row[0]: ActivityId(row[1], row[2]) for row in (yield _NAMES)}
    programmes: dict[int, list[ActivityId]] = {}
    for root, activity in (yield _MEMBERS):
        programmes.setdefault(root, []).append(names[activity])
    pairs = [_pair(names, row) for row in (yield _PAIRS)]
    entries = [_entry(names, row) for row in (yield _ENTRIES)]
    findings = [_finding(row) for row in (yield _FINDINGS)]
    yield COMMIT
    return export_lines(
        handle_key=handle_key, programmes=programmes.values(), pairs=pairs, entries=entries, findings=findings
    )


def _pair(names: dict[int, ActivityId], row: Row) -> ExportedPair:
    a, b = sorted((names[row[0]], names[row[1]]))
    return ExportedPair(a, b, Comparison(row[4], row[2], row[3], ()))


def _entry(names: dict[int, ActivityId], row: Row) -> ExportedEntry:
    activity, transaction, kind, value, currency, date, ref, fate, reason, by_activity, by_transaction = row
    line = Line(names[activity], transaction, kind, Decimal(value), currency, date, digest="", ref=ref)
    replaced_by = None if by_activity is None else TransactionKey(names[by_activity], by_transaction)
    return ExportedEntry(line, value, Fate(fate, reason, replaced_by))


def _finding(row: Row) -> Finding:
    kind, reporter, other, sides = row
    return Finding(kind, reporter, other, tuple(ActivityId(*side) for side in json.loads(sides)))
