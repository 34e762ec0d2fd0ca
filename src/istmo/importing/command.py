"""The command's options, its progress, its way to end."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn
from stamina.instrumentation import set_on_retry_hooks

from istmo.importing.client import IngestAway, IngestClient, IngestRefused
from istmo.importing.keys import KEY_VARIABLE, NoKey, find_key
from istmo.importing.run import ImportResult, run_import
from istmo.importing.summary import show_summary
from istmo.options import DATA, DataOption, fail, running_stack, say, tell
from istmo_common.catalogue import Language, language_of, text
from istmo_common.disclosure import Tlp
from istmo_common.events.values import MarkingStatement
from istmo_common.http import open_client

__all__ = ["register"]

_REFUSED: Final = 3
_INTERRUPTED: Final = 130
_ANSWER_SECONDS: Final = 30.0


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(name="import")(import_file)


def import_file(
    file: Annotated[
        Path, typer.Argument(help="An IATI activity file (XML, 2.01 to 2.03).", exists=True, dir_okay=False)
    ],
    marking: Annotated[Tlp, typer.Option(help="Who may read everything in it (TLP 2.0).", case_sensitive=False)],
    group: Annotated[list[str] | None, typer.Option(help="A sharing group of yours; may be repeated.")] = None,
    partner: Annotated[
        str | None, typer.Option("--as", help="The partner that reports; the desk unless given.")
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option(help=f"A file with the partner's key; else {KEY_VARIABLE} holds it.", dir_okay=False)
    ] = None,
    language: Annotated[str | None, typer.Option(help="es or en; the terminal's unless given.")] = None,
    data: DataOption = DATA,
) -> None:
    """Report every activity of an IATI file, with its transactions.

    Interrupted, it goes on where it stopped when it is run again; run twice, it doubles nothing. Exits 0 when every
    activity was accepted or known already, 3 when one was refused.
    """
    spoken = language_of(language, _terminal_language())
    folder, addresses = running_stack(data)
    try:
        key = find_key(folder.root, partner, key_file)
    except NoKey as error:
        fail(f"{error}.", code=2)
    set_on_retry_hooks([lambda _: tell(text("import.waiting", spoken), style="dim")])
    stated = MarkingStatement(tlp=marking, groups=tuple(group or ()))
    try:
        result = asyncio.run(_import(addresses.ingest, key, file, stated, spoken))
    except KeyboardInterrupt:
        fail(text("import.interrupted", spoken), code=_INTERRUPTED)
    except IngestAway as error:
        fail(f"{text('import.away', spoken)} ({error})")
    except IngestRefused as error:
        fail(str(error))
    show_summary(result, spoken, say)
    if not result.complete:
        raise typer.Exit(_REFUSED)


async def _import(url: str, key: str, file: Path, marking: MarkingStatement, language: Language) -> ImportResult:
    headers = {"Authorization": f"Bearer {key}", "Accept-Language": language}
    with _progress(file, language) as progress:
        async with open_client(base_url=url, headers=headers, timeout_seconds=_ANSWER_SECONDS) as http:
            return await run_import(IngestClient(http), file, marking, language, progress)


@contextmanager
def _progress(file: Path, language: Language) -> Iterator[Callable[[int, ImportResult], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(escape(file.name), total=file.stat().st_size)

        def show(read_bytes: int, result: ImportResult) -> None:
            done = result.accepted + result.duplicates + result.refused
            said = text("import.progress", language, count=done)
            bar.update(task, completed=read_bytes, description=escape(f"{file.name}: {said}"))

        yield show


def _terminal_language() -> str:
    stated = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return stated.split(".")[0].replace("_", "-")
