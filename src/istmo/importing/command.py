"""The command's options, its progress, its way to end."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn
from stamina.instrumentation import set_on_retry_hooks

from istmo.importing.asking import Missing, to_withdraw
from istmo.importing.client import IngestAway, IngestClient, IngestRefused, NamedActivity
from istmo.importing.completing import finish_import
from istmo.importing.keys import KEY_VARIABLE, NoKey, find_key
from istmo.importing.result import ImportResult
from istmo.importing.run import send_file
from istmo.importing.summary import show_summary, show_withdrawn
from istmo.options import DATA, DataOption, fail, running_stack, say, spoken_language, tell
from istmo_common.catalogue import Language, text
from istmo_common.disclosure import Tlp
from istmo_common.events.values import MarkingStatement
from istmo_common.http import open_client

__all__ = ["import_file"]

_REFUSED: Final = 3
_INTERRUPTED: Final = 130
_ANSWER_SECONDS: Final = 30.0


def import_file(  # noqa: PLR0913, PLR0917 - one parameter for each option
    file: Annotated[
        Path | None, typer.Argument(help="An IATI activity file (XML, 2.01 to 2.03).", exists=True, dir_okay=False)
    ] = None,
    marking: Annotated[
        Tlp | None, typer.Option(help="Who may read everything in it (TLP 2.0).", case_sensitive=False)
    ] = None,
    group: Annotated[list[str] | None, typer.Option(help="A sharing group of yours; may be repeated.")] = None,
    complete: Annotated[
        bool, typer.Option("--complete", help="The file has every activity of each reporter that occurs in it.")
    ] = False,
    missing: Annotated[
        Missing | None,
        typer.Option(
            help="What becomes of activities that a complete file lacks and an earlier one had; ask unless given."
        ),
    ] = None,
    withdraw: Annotated[
        str | None, typer.Option(metavar="ID", help="Instead of a file: take back everything that an import reported.")
    ] = None,
    partner: Annotated[
        str | None, typer.Option("--as", help="The partner that reports; the desk unless given.")
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option(help=f"A file with the partner's key; else {KEY_VARIABLE} holds it.", dir_okay=False)
    ] = None,
    language: Annotated[str | None, typer.Option(help="es or en; the terminal's unless given.")] = None,
    data: DataOption = DATA,
) -> None:
    """Report every activity of an IATI file, with its transactions; or take an import back with --withdraw.

    Interrupted, it goes on where it stopped when it is run again; run twice, it doubles nothing. Exits 0 when every
    activity was accepted or known already, 3 when one was refused or the file could not be read.
    """
    spoken = spoken_language(language)
    job = _job(file, marking, group, complete=complete, missing=missing, withdraw=withdraw)
    folder, addresses = running_stack(data)
    try:
        key = find_key(folder.root, partner, key_file)
    except NoKey as error:
        fail(f"{error}.", code=2)
    set_on_retry_hooks([lambda _: tell(text("import.waiting", spoken), style="dim")])
    ingest = Ingest(addresses.ingest, key, spoken)
    try:
        done = _withdrawn(ingest, job) if isinstance(job, str) else _imported(ingest, job)
    except (KeyboardInterrupt, EOFError):
        fail(text("import.interrupted", spoken), code=_INTERRUPTED)
    except IngestAway as error:
        fail(f"{text('import.away', spoken)} ({error})")
    except IngestRefused as error:
        fail(str(error))
    if not done:
        raise typer.Exit(_REFUSED)


@dataclass(frozen=True, slots=True)
class Job:
    """A file to be imported, and what becomes of what it lacks if it is complete."""

    file: Path
    marking: MarkingStatement
    complete: bool
    missing: Missing


@dataclass(frozen=True, slots=True)
class Ingest:
    """Where ingest is, the key to call it with, and the language to be answered in."""

    url: str
    key: str
    language: Language

    @asynccontextmanager
    async def client(self) -> AsyncIterator[IngestClient]:
        """A client of it."""
        headers = {"Authorization": f"Bearer {self.key}"}
        async with open_client(base_url=self.url, headers=headers, timeout_seconds=_ANSWER_SECONDS) as http:
            yield IngestClient(http, language=self.language)


def _job(
    file: Path | None,
    marking: Tlp | None,
    group: list[str] | None,
    *,
    complete: bool,
    missing: Missing | None,
    withdraw: str | None,
) -> Job | str:
    """A file to import, or the id of an import to withdraw. Raises `BadParameter` where it is neither or both."""
    if withdraw is not None:
        if file is not None or marking is not None or group or complete or missing is not None:
            raise typer.BadParameter("--withdraw takes the id of an import and nothing about a file.")
        return withdraw
    if file is None:
        raise typer.BadParameter("Name a file to import, or an import to withdraw.")
    if marking is None:
        raise typer.BadParameter("State with --marking who may read what is in the file.")
    if missing is not None and not complete:
        raise typer.BadParameter("--missing is about a file that is stated to be complete: add --complete.")
    return Job(file, MarkingStatement(tlp=marking, groups=tuple(group or ())), complete, missing or Missing.ASK)


def _imported(ingest: Ingest, job: Job) -> bool:
    result = asyncio.run(_send(ingest, job))
    # Asked outside of the loop: at a question Ctrl-C ends the command.
    taken_back = to_withdraw(result.kept, job.missing, ingest.language)
    asyncio.run(_finish(ingest, job, result, taken_back))
    show_summary(result, ingest.language, say, complete=job.complete)
    return result.complete


async def _send(ingest: Ingest, job: Job) -> ImportResult:
    with _progress(job.file, ingest.language) as progress:
        async with ingest.client() as client:
            return await send_file(client, job.file, job.marking, ingest.language, progress, complete=job.complete)


async def _finish(ingest: Ingest, job: Job, result: ImportResult, taken_back: Collection[NamedActivity]) -> None:
    async with ingest.client() as client:
        await finish_import(client, result, taken_back, complete=job.complete)


def _withdrawn(ingest: Ingest, import_id: str) -> bool:
    before = asyncio.run(_withdraw(ingest, import_id))
    show_withdrawn(before, ingest.language, say)
    return True


async def _withdraw(ingest: Ingest, import_id: str) -> dict[str, Any]:
    async with ingest.client() as client:
        found = await client.find_import(import_id)
        # Also one that is withdrawn already: it does no harm, and mends what an interrupted run left.
        await client.withdraw_import(import_id)
        return found


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
