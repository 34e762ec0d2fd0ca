"""`istmo backup` and `istmo restore`: the local stack in one file, and back."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from istmo.options import DATA, DataOption, fail, say, tell
from istmo_stack.backup.manifest import Kind
from istmo_stack.backup.restoring import restore as put_back
from istmo_stack.backup.taking import back_up
from istmo_stack.errors import StackError
from istmo_stack.folder import DataFolder
from istmo_stack.parts import fetch_what_is_missing

__all__ = ["backup", "restore"]


class Only(StrEnum):
    """A part that is backed up or restored alone."""

    POSTGRES = "postgres"


OnlyOption = Annotated[Only | None, typer.Option(help="PostgreSQL alone, without Kafka's log.")]


def backup(
    target: Annotated[Path, typer.Argument(help="The file to write; it must not exist yet.", dir_okay=False)],
    data: DataOption = DATA,
    only: OnlyOption = None,
) -> None:
    """Write Kafka's log, PostgreSQL's tables and the secrets to one file.

    A running stack is stopped for the copy and started again. The file holds secrets: keep it as you keep those.
    """
    try:
        fetch_what_is_missing()
        manifest = back_up(DataFolder(data), target, _kind(only), _step)
    except (StackError, OSError) as error:
        fail(f"No backup was made: {error}")
    size = target.stat().st_size / 1_000_000
    say(f"{target} ({size:.1f} MB) holds {_named(manifest.kind)} as of {manifest.taken}.", markup=False)


def restore(
    source: Annotated[Path, typer.Argument(help="A file of `istmo backup`.", exists=True, dir_okay=False)],
    data: DataOption = DATA,
    only: OnlyOption = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Stop a stack that runs there, and overwrite what it stored.")
    ] = False,
) -> None:
    """Put a backup into a data folder, and leave the stack stopped.

    The whole file is checked before anything is touched.
    """
    try:
        kind, manifest = put_back(DataFolder(data), source, _kind(only), replace=replace, report=_step)
    except (StackError, OSError) as error:
        fail(f"Not restored: {error}")
    say(f"Restored {_named(kind)} as of {manifest.taken}.", markup=False)
    if not manifest.handle_key:
        tell("The key of programme ids was not in the folder: set the same ISTMO_HANDLE_KEY as before.", markup=False)
    say(f"Start it with: istmo up --data {data}", markup=False)


def _kind(only: Only | None) -> Kind:
    return "all" if only is None else "postgres"


def _named(kind: Kind) -> str:
    return "Kafka and PostgreSQL" if kind == "all" else "PostgreSQL"


def _step(words: str) -> None:
    if words:
        tell(words, style="dim", markup=False)
