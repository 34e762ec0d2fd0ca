"""`istmo status`: where the platform is reached, and how it is."""

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.table import Table

from istmo.options import DATA, DataOption, fail, running_stack, say, show, show_addresses, tell
from istmo.waits import is_stuck, show_waits, what_waits
from istmo_stack.admin import AdminClient
from istmo_stack.errors import CallFailed
from istmo_stack.folder import Addresses, DataFolder
from istmo_stack.health import part_health
from istmo_stack.progress import Progress, wait_for_rest

__all__ = ["status"]

_NOT_AT_REST = 1
_PARKED = 2


def status(
    data: DataOption = DATA,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Return once all that was reported has been taken in.")] = False,
    timeout: Annotated[float, typer.Option(help="The longest wait, in seconds.", min=0)] = 600,
) -> None:
    """Say where the platform is reached and how its parts are.

    Exits 0 when all is well, 1 when a part is not healthy, 2 when something is stuck or was put aside with an error.
    With --wait, exits 0 at rest, 1 when time ran out, 2 when something was put aside with an error.
    """
    folder, addresses = running_stack(data)
    progress = _wait(folder, addresses, timeout) if wait else None
    parts = part_health(folder, addresses)
    waits = what_waits(addresses, AdminClient(folder.admin_key_file))
    if as_json:
        answer: dict[str, Any] = {**asdict(addresses), "parts": parts, "waits": waits}
        say(json.dumps(answer if progress is None else {**answer, "progress": asdict(progress)}), markup=False)
    else:
        show_addresses(folder, addresses)
        _show_parts(parts)
        show_waits(waits)
    if progress is not None:
        _tell_progress(progress)
    elif not all(part["healthy"] for part in parts.values()):
        raise typer.Exit(1)
    elif any(is_stuck(each) for each in waits.values()):
        raise typer.Exit(_PARKED)


def _wait(folder: DataFolder, addresses: Addresses, timeout_seconds: float) -> Progress:
    try:
        return wait_for_rest(addresses, AdminClient(folder.admin_key_file), timeout_seconds=timeout_seconds)
    except CallFailed as error:
        fail(f"A service does not say how far it is: {error}")


def _tell_progress(progress: Progress) -> None:
    for name in progress.retrying:
        tell(f"Not waited for, under retry: {name}", markup=False)
    for each in progress.parked:
        tell(f"Put aside with an error: {each}", style="red", markup=False)
    if progress.waiting_for:
        fail("Not at rest:\n" + "\n".join(progress.waiting_for), code=_NOT_AT_REST)
    if progress.parked:
        raise typer.Exit(_PARKED)
    tell("At rest: everything reported has been taken in.")


def _show_parts(parts: dict[str, dict[str, Any]]) -> None:
    table = Table("part", "state", "pid", "memory", "restarts", box=None)
    for name, part in parts.items():
        state = part["state"] if part["healthy"] else f"[red]{part['state']}, not healthy[/red]"
        memory = f"{part['memory_bytes'] / 1_000_000:.0f} MB" if part["memory_bytes"] else ""
        table.add_row(name, state, str(part["pid"] or ""), memory, str(part["restarts"] or ""))
    show(table)
