"""Options and answers that several commands share."""

import os
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from istmo_common.catalogue import Language, language_of
from istmo_stack.folder import Addresses, DataFolder

__all__ = ["DATA", "DataOption", "fail", "running_stack", "say", "show", "show_addresses", "spoken_language", "tell"]

DATA = Path(".istmo")

DataOption = Annotated[
    Path, typer.Option("--data", envvar="ISTMO_DATA", help="The folder that keeps the stack.", file_okay=False)
]

say = Console(highlight=False, soft_wrap=True).print
"""Print an answer, on standard output."""

show = Console(highlight=False, soft_wrap=True, width=10_000).print
"""Print a table or a tree, on standard output: nothing of a line is cut off, however narrow the terminal."""

tell = Console(stderr=True, highlight=False, soft_wrap=True).print
"""Print how things go, on standard error."""


def fail(reason: str, code: int = 1) -> NoReturn:
    """End the command with a reason on standard error."""
    tell(reason, style="red", markup=False)
    raise typer.Exit(code)


def spoken_language(stated: str | None) -> Language:
    """The language to answer in: the one asked for, else the terminal's."""
    terminal = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return language_of(stated, terminal.split(".")[0].replace("_", "-"))


def running_stack(data: Path) -> tuple[DataFolder, Addresses]:
    """The stack that runs in `data`; ends the command when none does."""
    folder = DataFolder(data)
    addresses = folder.addresses()
    if folder.holder() is None or addresses is None:
        fail(f"No stack runs in {folder.root}; start one with: istmo up --data {data}")
    return folder, addresses


def show_addresses(folder: DataFolder, addresses: Addresses) -> None:
    """Print where the parts of a stack are reached, and what is to be known about it."""
    for name in ("ingest", "registry", "notify"):
        say(f"{name:<9} {getattr(addresses, name)}", markup=False)
    say(f"{'kafka':<9} {addresses.kafka}", markup=False)
    say(f"operator's key in {addresses.admin_key_file}", markup=False)
    for notice in folder.state().get("notices", []):
        tell(notice, markup=False)
