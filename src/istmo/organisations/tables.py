"""Organisations, references and merges as people read them, in Spanish or English."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from rich.table import Table

from istmo_common.catalogue import text
from istmo_common.codelists import PARTNER_KINDS

__all__ = ["merges_table", "record_table", "records_table", "references_table", "told_counts"]

_FIELDS: Final = ("identifiers", "aliases", "family", "merged_into", "merged", "owner", "custodians")
Documents = Iterable[dict[str, Any]]


def records_table(records: Documents, language: str) -> Table:
    """One line for each organisation."""
    table = _table(("id", "name", "kind", "identifiers"), language)
    for record in records:
        stands_for = "" if record["merged_into"] is None else f" → {record['merged_into']}"
        kind = PARTNER_KINDS.name(record["kind"], language)
        table.add_row(record["id"] + stands_for, record["names"][language], kind, ", ".join(record["identifiers"]))
    return table


def record_table(record: dict[str, Any], language: str) -> Table:
    """All of one organisation."""
    table = Table(show_header=False, box=None)
    table.add_row(_head("id", language), record["id"])
    table.add_row(_head("name", language), " / ".join(dict.fromkeys(record["names"].values())))
    table.add_row(_head("kind", language), PARTNER_KINDS.name(record["kind"], language))
    for name in _FIELDS:
        stated = record[name]
        if stated:
            table.add_row(_head(name, language), stated if isinstance(stated, str) else ", ".join(stated))
    return table


def references_table(references: Documents, language: str) -> Table:
    """One line for each reference: how often, in how many activities, what it says, whom it means, where it stands."""
    table = _table(("times", "activities", "reference", "meaning", "examples"), language)
    for each in references:
        said = " / ".join(part for part in (each["identifier"], *each["names"]) if part) or "—"
        examples = ", ".join(example["activity"] for example in each["examples"])
        table.add_row(str(each["times"]), str(each["activities"]), said, _meaning(each, language), examples)
    return table


def _meaning(reference: dict[str, Any], language: str) -> str:
    if reference["organisation"] is not None:
        evidence = _evidence(reference, language)
        return f"{reference['organisation']['id']} ({evidence} «{reference['by']}»)"
    outcome = text(f"organisations.outcome.{reference['outcome']}", language)
    candidates = ", ".join(candidate["id"] for candidate in reference["candidates"])
    return f"{outcome}: {candidates}" if candidates else outcome


def _evidence(shown: dict[str, Any], language: str) -> str:
    return text(f"organisations.evidence.{shown['evidence']}", language)


def told_counts(counts: Documents, language: str) -> Iterator[str]:
    """One line for each outcome and evidence: how many references, and how often they stand in reports."""
    for count in counts:
        told = text(f"organisations.outcome.{count['outcome']}", language)
        if count["evidence"] is not None:
            told += f" ({_evidence(count, language)})"
        yield text("organisations.count", language, outcome=told, references=count["references"], times=count["times"])


def merges_table(merges: Documents, language: str) -> Table:
    """One line for each merge."""
    table = _table(("id", "kept", "merged_one", "author", "reason", "undone"), language)
    for each in merges:
        undone = "" if each["undone"] is None else f"{each['undone']['author']} {each['undone']['recorded_time']}"
        table.add_row(each["id"], each["kept"], each["merged"], each["author"], each["reason"] or "", undone)
    return table


def _table(columns: Iterable[str], language: str) -> Table:
    return Table(*(_head(column, language) for column in columns), box=None)


def _head(name: str, language: str) -> str:
    return text(f"organisations.{name}", language)
