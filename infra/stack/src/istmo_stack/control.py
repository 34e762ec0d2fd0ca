"""Starting a stack and coming back, and stopping it from outside."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from istmo_stack.child import ChildError, Identity, wait_until
from istmo_stack.folder import Addresses, DataFolder

__all__ = ["start_detached", "stop", "wait_ready"]

_START_TIMEOUT_SECONDS = 300.0
_STOP_TIMEOUT_SECONDS = 120.0


def start_detached(folder: DataFolder, workers: str, report: Callable[[str], None]) -> Addresses:
    """Start the supervisor in a session of its own and return once everything is healthy.

    `report` hears each step. Raises ChildError when the stack does not start; nothing of it runs then.
    """
    folder.make()
    with (folder.logs / "supervisor.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "istmo_stack", str(folder.root), workers],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        return wait_ready(folder, report, process)
    except KeyboardInterrupt:
        stop(folder)
        raise


def wait_ready(
    folder: DataFolder, report: Callable[[str], None], process: subprocess.Popen[bytes] | None = None
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
        if holder is not None and state.get("pid") == holder:
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
    if holder is not None:
        os.kill(holder, signal.SIGTERM)
        if not wait_until(lambda: folder.holder() is None, timeout_seconds=_STOP_TIMEOUT_SECONDS):
            os.kill(holder, signal.SIGKILL)
    left = [identity for path in _pid_files(folder) if (identity := Identity.read(path)) is not None and identity.alive]
    for identity in left:
        identity.end()
    for path in _pid_files(folder):
        path.unlink(missing_ok=True)
    folder.stack_file.unlink(missing_ok=True)
    return holder is not None or bool(left)


def _pid_files(folder: DataFolder) -> list[Path]:
    # The services first: what they stand on goes last.
    return [*folder.run.glob("*.pid"), *folder.root.glob("[!r]*/*.pid")]
