"""`python -m istmo_stack DATA WORKERS`: the supervisor of a stack that was started detached."""

import sys
from pathlib import Path

from istmo_stack.errors import StackRunning
from istmo_stack.folder import DataFolder
from istmo_stack.services import parse_workers
from istmo_stack.supervisor import Supervisor

_ALREADY_RUNNING = 75


def main() -> int:
    """Run until asked to stop. What goes wrong is in the log and, for `istmo up`, in the folder's state."""
    data, workers = sys.argv[1:]
    try:
        Supervisor(DataFolder(Path(data)), parse_workers(workers), report=_log, ready=lambda _: _log("Ready")).run()
    except StackRunning:
        return _ALREADY_RUNNING
    return 0


def _log(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
