"""Starting a stack and coming back, and stopping it from outside."""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from istmo_stack.child import Identity
from istmo_stack.errors import ChildError
from istmo_stack.folder import Addresses, DataFolder
from istmo_stack.leftovers import end_leftovers

__all__ = ["start_detached", "stop", "wait_ready"]

_START_TIMEOUT_SECONDS = 300.0
_STOP_TIMEOUT_SECONDS = 120.0

_left_running: list[subprocess.Popen[bytes]] = []
"""Supervisors that outlive whoever started them on purpose; forgetting one would be taken for an oversight."""


def start_detached(
    folder: DataFolder, workers: str, report: Callable[[str], object], program: Sequence[str] = ("-m", "istmo_stack")
) -> Addresses:
    """Start the supervisor, a Python `program`, in a session of its own and return once everything is healthy.

    `report` hears each step. Raises ChildError when the stack does not start; nothing of it runs then.
    """
    folder.make()
    with (folder.logs / "supervisor.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, *program, str(folder.root), workers],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _left_running.append(process)
    try:
        return wait_ready(folder, report, process)
    except KeyboardInterrupt:
        stop(folder)
        raise


def wait_ready(
    folder: DataFolder, report: Callable[[str], object], process: subprocess.Popen[bytes] | None = None
) -> Addresses:
    """Return once the stack that starts in `folder` is healthy; `process` is its supervisor, if started here.

    Raises ChildError when it ends before, or does not become healthy in time.
    """
    deadline = time.monotonic() + _START_TIMEOUT_SECONDS
    told = ""
    while time.monotonic() < deadline:
        ended = process is None or process.poll() is not None
        holder = folder.holder()
        state = folder.state()
        # Until the one started here holds the folder or has left it to a quicker one, the lock may still name a
        # supervisor that was killed.
        settled = ended or (process is not None and holder == process.pid)
        if settled and holder is not None and state.get("pid") == holder:
            addresses = folder.addresses()
            if state["ready"] and addresses is not None:
                return addresses
            if state["step"] != told:
                told = state["step"]
                report(told)
        elif holder is None and ended:
            known = process is None or state.get("pid") == process.pid
            raise ChildError((known and state.get("error")) or f"the stack ended while starting; see {folder.logs}")
        time.sleep(0.05)
    raise ChildError(f"the stack is not healthy after {_START_TIMEOUT_SECONDS:.0f} s; see {folder.logs}")


def stop(folder: DataFolder) -> bool:
    """Stop the stack of `folder`, and what an earlier one, killed, left running; whether there was anything."""
    holder = folder.holder()
    supervisor = None if holder is None else Identity.of(holder)
    if supervisor is not None:
        supervisor.end(timeout_seconds=_STOP_TIMEOUT_SECONDS)
    left = end_leftovers(folder)
    folder.stack_file.unlink(missing_ok=True)
    # One that was started here has ended by now: its end is taken note of, so that nobody has to be warned of it.
    _left_running[:] = [process for process in _left_running if process.poll() is None]
    return supervisor is not None or left
