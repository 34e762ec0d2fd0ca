"""The export: every programme, pair, entry and finding as one line of JSON, in one order."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from istmo_common.canonical import canonical_json
from istmo_registry.domain.findings import Finding
from istmo_registry.domain.handles import handle
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.ledger import Fate, Line
from istmo_registry.domain.scoring import Comparison

__all__ = ["ExportedEntry", "ExportedPair", "entry_line", "export_lines", "finding_line", "pair_line", "programme_line"]


@dataclass(frozen=True, slots=True)
class ExportedPair:
    """A pair that is exported: `a` < `b`, the verdict is not `different`."""

    a: ActivityId
    b: ActivityId
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class ExportedEntry:
    """A living transaction with its amount as reported and its fate."""

    line: Line
    value: str
    fate: Fate


def _named(activity: ActivityId) -> dict[str, str]:
    return {"reporter": activity.reporter, "activity": activity.activity}


def _text(line: dict[str, Any]) -> str:
    return canonical_json(line).decode()


def programme_line(handle_key: bytes, members: Iterable[ActivityId]) -> str:
    """A programme by its members (at least one); its id is the handle of the smallest."""
    ordered = sorted(members)
    named = [_named(member) for member in ordered]
    return _text({"type": "programme", "id": handle(handle_key, ordered[0]), "members": named})


def pair_line(pair: ExportedPair, *, together: bool) -> str:
    """A pair with its verdict, the score with four decimals; of two in one programme a question has its answer."""
    scored = pair.comparison
    verdict = {"verdict": "same" if together else scored.verdict, "kind": scored.kind, "score": f"{scored.score:.4f}"}
    return _text({"type": "pair", "a": _named(pair.a), "b": _named(pair.b), **verdict})


def entry_line(entry: ExportedEntry) -> str:
    """A transaction with its fate."""
    line, fate = entry.line, entry.fate
    replaced_by = fate.replaced_by and {**_named(fate.replaced_by.activity), "id": fate.replaced_by.id}
    return _text(
        {
            "type": "entry",
            "transaction": {**_named(line.activity), "id": line.id, "ref": line.ref},
            "transaction_type": line.type,
            "value": entry.value,
            "currency": line.currency,
            "date": line.date.isoformat(),
            "fate": fate.fate,
            "reason": fate.reason,
            "replaced_by": replaced_by,
        }
    )


def finding_line(kind: str, reporter: str, other: str | None, sides: Iterable[ActivityId]) -> str:
    """A finding by what identifies it."""
    listed = [list(side) for side in sides]
    return _text({"type": "finding", "kind": kind, "reporter": reporter, "other": other, "sides": listed})


def export_lines(
    *,
    handle_key: bytes,
    programmes: Iterable[Iterable[ActivityId]],
    pairs: Iterable[ExportedPair],
    entries: Iterable[ExportedEntry],
    findings: Iterable[Finding],
) -> list[str]:
    """The whole export. Types stand in the order of their names; within them entries by (reporter, activity, id),
    findings by key, pairs by both ends, programmes by smallest member, each text compared bytewise (as COLLATE "C").
    """
    noticed = sorted(findings, key=lambda finding: finding.key)
    lines = [entry_line(entry) for entry in sorted(entries, key=lambda entry: entry.line.key)]
    lines += [finding_line(found.kind, found.reporter, found.other, found.sides) for found in noticed]
    grouped = sorted(sorted(members) for members in programmes)
    home = {member: number for number, members in enumerate(grouped) for member in members}
    lines += [
        pair_line(pair, together=pair.a in home and home[pair.a] == home.get(pair.b))
        for pair in sorted(pairs, key=lambda pair: (pair.a, pair.b))
    ]
    lines += [programme_line(handle_key, members) for members in grouped]
    return lines
