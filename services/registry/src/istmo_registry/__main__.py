"""`python -m istmo_registry ROLE`."""

import argparse
import asyncio
import sys

import structlog
import uvloop

from istmo_common.errors import IstmoError
from istmo_registry.main import ROLES, run
from istmo_registry.rebuilding import command
from istmo_registry.settings import RegistrySettings


def main() -> None:
    """Run the role that the command line names. Exits 1 where going on cannot help; what helps is in the log."""
    parser = argparse.ArgumentParser(prog="istmo_registry", description="Folds reports into programmes and findings.")
    roles = parser.add_subparsers(dest="role", required=True)
    for name in ROLES:
        roles.add_parser(name)
    rebuilding = roles.add_parser("rebuild", help="fold the log anew, compare, and put the result in place")
    rebuilding.add_argument("--check", action="store_true", help="compare only")
    rebuilding.add_argument("--swap", action="store_true", help="put it in place even if nothing differs")
    rebuilding.add_argument("--yes", action="store_true", help="put it in place without asking")
    stated = parser.parse_args()
    role = stated.role
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            if role == "rebuild":
                asked = {"check": stated.check, "swap": stated.swap, "yes": stated.yes}
                sys.exit(runner.run(command.run(RegistrySettings(), **asked)))
            runner.run(run(role, RegistrySettings()))
    except* IstmoError as group:
        for error in group.exceptions:
            structlog.get_logger(__name__).error("the registry stops", role=role, reason=str(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
