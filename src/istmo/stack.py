"""`istmo up`, `istmo down`: the local stack."""

from typing import Annotated

import typer

from istmo.options import DATA, DataOption, fail, say, show_addresses, tell
from istmo_common.errors import IstmoError
from istmo_stack import control
from istmo_stack.errors import ChildError, StackError, StackRunning
from istmo_stack.folder import Addresses, DataFolder
from istmo_stack.services import UnknownWorker, parse_workers

__all__ = ["down", "up"]


def up(
    data: DataOption = DATA,
    detach: Annotated[bool, typer.Option("--detach", help="Return once all is healthy, and leave it running.")] = False,
    workers: Annotated[str, typer.Option(help="How many of each worker, as fold=2,match=2,resolve=2,relay=2.")] = "",
) -> None:
    """Start the platform on this machine, and stop it with Ctrl-C (or, detached, with `istmo down`)."""
    folder = DataFolder(data)
    try:
        counts = parse_workers(workers)
        if folder.holder() is not None:
            raise StackRunning
        # Imported here and below: who stops a stack needs nothing of what starts one.
        from istmo_stack.parts import fetch_what_is_missing  # noqa: PLC0415

        fetch_what_is_missing()
        if detach:
            show_addresses(folder, control.start_detached(folder, workers, _step))
            say(f"Stop it with: istmo down --data {data}")
        else:
            from istmo_stack.supervisor import Supervisor  # noqa: PLC0415

            Supervisor(
                folder, counts, report=_step, ready=lambda addresses: _show_until_stopped(folder, addresses)
            ).run()
            tell("Stopped.")
    except UnknownWorker as error:
        fail(str(error), code=2)
    except StackRunning:
        _already_running(folder)
        if workers:
            fail(
                f"The numbers of workers are as before. To change them: istmo down --data {data}, then up again.",
                code=2,
            )
    except (StackError, IstmoError, OSError) as error:
        fail(f"The stack did not start: {error}")


def _already_running(folder: DataFolder) -> None:
    try:
        addresses = control.wait_ready(folder, _step)
    except ChildError as error:
        fail(f"The stack did not start: {error}")
    say("Already running.")
    show_addresses(folder, addresses)


def down(data: DataOption = DATA) -> None:
    """Stop the platform that runs in a folder; what it stored stays."""
    tell("Stopped." if control.stop(DataFolder(data)) else "Nothing was running.")


def _step(words: str) -> None:
    if words:
        tell(words, style="dim", markup=False)


def _show_until_stopped(folder: DataFolder, addresses: Addresses) -> None:
    show_addresses(folder, addresses)
    say("Running. Ctrl-C stops it.")
