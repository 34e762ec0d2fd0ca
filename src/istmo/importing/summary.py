"""What an import came to, as its partner reads it."""

from collections.abc import Callable, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from istmo.importing.asking import MOST_NAMED
from istmo.importing.client import NamedActivity
from istmo.importing.result import MOST_FAULTS, ImportResult
from istmo_common.catalogue import text

__all__ = ["show_summary", "show_withdrawn"]


def show_summary(result: ImportResult, language: str, show: Callable[[Any], None], *, complete: bool) -> None:
    """Hand the parts of the summary to `show`, one after the other. `complete`: the file was stated to be."""
    if result.import_id is None:
        _unreadable(result, language, show)
        return
    if result.resumed:
        show(text("import.resumed", language))
    show(_counts(result, language))
    _kept_out(result, language, show)
    _splits(result, language, show)
    _refused(result, language, show)
    if complete and result.unreadable is None:
        _missing(result, language, show)
    _unreadable(result, language, show)
    show(text("import.take-back", language, import_id=result.import_id))


def show_withdrawn(made: dict[str, Any], language: str, show: Callable[[Any], None]) -> None:
    """Say which import was withdrawn, `made` being what the journal showed of it before."""
    known = {"import_id": made["import_id"], "file": escape(made["file_name"]), "opened": made["opened"]}
    if made["state"] == "withdrawn":
        show(text("import.withdrawn-already", language, **known))
        return
    show(text("import.withdrawn", language, **known))
    counts = made["counts"]
    if counts is not None:
        activities = counts["accepted"] + counts["duplicates"]
        show(text("import.withdrawn-counts", language, activities=activities, transactions=counts["transactions"]))


def _unreadable(result: ImportResult, language: str, show: Callable[[Any], None]) -> None:
    if result.unreadable is None:
        return
    show(f"{text('import.unreadable', language)} {result.unreadable.detail} {result.unreadable.remedy}")
    show(text("import.nothing-read" if result.import_id is None else "import.left-open", language))


def _missing(result: ImportResult, language: str, show: Callable[[Any], None]) -> None:
    if result.nameless:
        show(text("import.not-complete", language, count=result.nameless))
    _named("import.missing-withdrawn", result.taken_back, language, show)
    _named("import.missing-kept", result.kept, language, show)


def _named(heading: str, names: Sequence[NamedActivity], language: str, show: Callable[[Any], None]) -> None:
    _listed(heading, [" ".join(name) for name in names[:MOST_NAMED]], len(names[MOST_NAMED:]), language, show)


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
