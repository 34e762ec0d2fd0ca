"""`python -m istmo_registry ROLE`."""

import argparse
import asyncio
import sys

import structlog
import uvloop

from istmo_common.errors import IstmoError
from istmo_registry.main import ROLES, run
from istmo_registry.settings import RegistrySettings


def main() -> None:
    """Run the role that the command line names. Exits 1 where going on cannot help; what helps is in the log."""
    parser = argparse.ArgumentParser(prog="istmo_registry", description="Folds reports into programmes and findings.")
    parser.add_argument("role", choices=ROLES)
    role = parser.parse_args().role
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run(role, RegistrySettings()))
    except* IstmoError as group:
        for error in group.exceptions:
            structlog.get_logger(__name__).error("the registry stops", role=role, reason=str(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
