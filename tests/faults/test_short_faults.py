"""A few faults on a running platform, with the history checked. `make faults` has them all."""

from pathlib import Path

import pytest

from istmo_faults.catalogue import FAULTS
from istmo_faults.history import History
from istmo_faults.running import run
from istmo_faults.world import Places, open_world
from istmo_stack.testing import Broker, Server

SHORT = ("killed-ingest.published", "killed-resolve.before-commit")


@pytest.mark.stack
@pytest.mark.timeout(400)
async def test_faults_break_no_promise(
    kafka: Broker, postgres: Server, valkey: Server, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Processes killed at the worst moments: whatever was acknowledged is there once, and told once, and no more is."""
    places = Places.on(kafka.bootstrap_servers, postgres.url, valkey.url)
    seed = int(request.config.getoption("randomly_seed"))
    broken = {}
    async with open_world(places, tmp_path / "world") as world:
        for number, fault in enumerate(fault for fault in FAULTS if fault.name in SHORT):
            history = History(tmp_path / f"{fault.name}.ndjson")
            # Not the same reports again: they would be told of once.
            broken[fault.name] = await run(world, fault, seed + number, history)
            history.close()
    assert {name: [] for name in SHORT} == broken
