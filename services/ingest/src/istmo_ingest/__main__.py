"""`python -m istmo_ingest api`."""

import argparse
import asyncio
import sys

import structlog
import uvloop

from istmo_common.errors import MigrationMismatch, TopicMismatch
from istmo_ingest.main import run
from istmo_ingest.settings import IngestSettings


def main() -> None:
    """Run the role that the command line names. Exits 1 where a topic or a table is not as it is declared."""
    parser = argparse.ArgumentParser(prog="istmo_ingest", description="Accepts reports and writes them to the log.")
    parser.add_argument("role", choices=["api"])
    parser.parse_args()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run(IngestSettings()))
    except* (MigrationMismatch, TopicMismatch) as group:
        for error in group.exceptions:
            structlog.get_logger(__name__).error("ingest cannot start", reason=str(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
