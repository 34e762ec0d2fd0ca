"""`istmo registry`: what operators do with the registry's tables."""

import os
import subprocess
import sys
from typing import Annotated

import typer

from istmo.options import DATA, DataOption, fail, running_stack

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="The registry's tables.")


@app.callback()
def registry() -> None:
    """Keep `rebuild` a command of its own name, though it is the only one."""


@app.command()
def rebuild(
    data: DataOption = DATA,
    check: Annotated[bool, typer.Option("--check", help="Compare only, and leave nothing behind.")] = False,
    swap: Annotated[bool, typer.Option("--swap", help="Put it in place even if nothing differs.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Put it in place without asking.")] = False,
) -> None:
    """Fold the log anew beside the live tables, show what differs, and put the result in their place.

    The platform goes on meanwhile. Exits 0 when nothing differs or the tables were replaced, 3 when they differ and
    were left as they are.
    """
    folder, addresses = running_stack(data)
    key = os.environ.get("ISTMO_HANDLE_KEY")
    try:
        environment = {
            **os.environ,
            "ISTMO_KAFKA": addresses.kafka,
            "ISTMO_POSTGRES_URL": addresses.postgres,
            "ISTMO_HANDLE_KEY": key or folder.handle_key_file.read_text().strip(),
        }
    except OSError as error:
        fail(f"The key of programme ids cannot be read: {error}")
    chosen = [f"--{name}" for name, wanted in (("check", check), ("swap", swap), ("yes", yes)) if wanted]
    command = [sys.executable, "-m", "istmo_registry", "rebuild", *chosen]
    raise typer.Exit(subprocess.run(command, env=environment, check=False).returncode)  # noqa: S603
