"""What an import came to, as its partner reads it."""

from collections.abc import Callable
from typing import Any

from rich.markup import escape
from rich.table import Table

from istmo.importing.run import MOST_FAULTS, ImportResult
from istmo_common.catalogue import text

__all__ = ["show_summary"]


def show_summary(result: ImportResult, language: str, show: Callable[[Any], None]) -> None:
    """Hand the parts of the summary to `show`, one after the other."""
    if result.resumed:
        show(text("import.resumed", language))
    show(_counts(result, language))
    _kept_out(result, language, show)
    _splits(result, language, show)
    _refused(result, language, show)
    if result.unreadable is not None:
        show(f"{text('import.unreadable', language)} {result.unreadable.detail} {result.unreadable.remedy}")


def _counts(result: ImportResult, language: str) -> Table:
    table = Table(box=None, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    file = result.file
    rows = [
        ("accepted", result.accepted),
        ("duplicates", result.duplicates),
        ("refused", result.refused),
        ("transactions", result.transactions),
    ]
    noted = [
        ("repeated", file.repeated),
        ("times-missing", file.times_missing),
        ("times-without-zone", file.times_without_zone),
        ("dates-with-zone", file.dates_with_zone),
    ]
    for name, count in rows + [(name, count) for name, count in noted if count]:
        table.add_row(text(f"import.{name}", language), str(count))
    return table


def _kept_out(result: ImportResult, language: str, show: Callable[[Any], None]) -> None:
    if not result.file.kept_out:
        return
    show(text("import.kept-out", language))
    table = Table(box=None, show_header=False)
    table.add_column(justify="right")
    for name, count in sorted(result.file.kept_out.items(), key=lambda item: (-item[1], item[0])):
        table.add_row(str(count), escape(name))
    show(table)


def _splits(result: ImportResult, language: str, show: Callable[[Any], None]) -> None:
    splits = result.file.exceeding
    lines = [f"{split.place}: {split.total} %" for split in splits[:MOST_FAULTS]]
    _listed("import.splits", lines, len(splits[MOST_FAULTS:]), language, show)


def _refused(result: ImportResult, language: str, show: Callable[[Any], None]) -> None:
    lines = [
        f"{fault.place}{f' = {fault.value!r}' if fault.value else ''}: {fault.detail} {fault.remedy}"
        for fault in result.faults
    ]
    _listed("import.refused-places", lines, result.faults_untold, language, show)


def _listed(heading: str, lines: list[str], untold: int, language: str, show: Callable[[Any], None]) -> None:
    if lines:
        show(text(heading, language))
    for line in lines:
        show(f"  {escape(line)}")
    if untold:
        show(text("import.and-more", language, count=untold))
