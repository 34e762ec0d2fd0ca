"""`python -m istmo_stand_in.supervise DATA WORKERS`: the real supervisor over processes that only have manners."""

import dataclasses
import os
import sys
from pathlib import Path

from istmo_stack.errors import StackRunning
from istmo_stack.folder import DataFolder
from istmo_stack.services import SERVICES, parse_workers
from istmo_stack.supervisor import Supervisor


def main(data: str, workers: str) -> int:
    """As `python -m istmo_stack` does; ISTMO_TEST_BROKEN names a service that does not start."""
    broken = os.environ.get("ISTMO_TEST_BROKEN")
    table = [
        dataclasses.replace(
            each,
            package="istmo_stand_in",
            role="broken" if each.name == broken else "api" if each.port else "worker",
        )
        for each in SERVICES
    ]
    folder = DataFolder(Path(data))
    try:
        Supervisor(folder, parse_workers(workers), report=str, ready=str, services=table).run()
    except StackRunning:
        return 75
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
