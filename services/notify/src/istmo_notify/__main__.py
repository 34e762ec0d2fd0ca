"""`python -m istmo_notify ROLE`."""

import argparse
import asyncio
import sys

import structlog
import uvloop

from istmo_common.errors import IstmoError
from istmo_notify.main import ROLES, run
from istmo_notify.settings import NotifySettings


def main() -> None:
    """Run the role that the command line names. Exits 1 where going on cannot help; what helps is in the log."""
    parser = argparse.ArgumentParser(prog="istmo_notify", description="Writes alerts and feeds, and delivers them.")
    parser.add_argument("role", choices=list(ROLES))
    role = parser.parse_args().role
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run(role, NotifySettings()))
    except* IstmoError as group:
        for error in group.exceptions:
            structlog.get_logger(__name__).error("notify stops", role=role, reason=str(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
