"""One run: partners report, a fault happens, everything comes to rest, and the history is checked."""

import asyncio
import random

from istmo_faults.catalogue import Fault, Scene
from istmo_faults.checking import violations
from istmo_faults.clients import Client, report_until
from istmo_faults.history import Failed, History, Run
from istmo_faults.reports import requests_of
from istmo_faults.resting import note_what_is, rest
from istmo_faults.servers import Servers
from istmo_faults.world import World

__all__ = ["run"]

_LEAST = 24
_MOST = 240
_FAULT_SECONDS = 120.0


async def run(world: World, fault: Fault, seed: int, history: History, servers: Servers | None = None) -> list[str]:
    """What the fault broke, in words. Everything that happened is noted in `history`."""
    history.note(Run(fault.name, seed))
    with world.noted_in(history):
        try:
            await _happen(world, fault, seed, history, servers)
            await world.wait_ready()
            await rest(world, history)
            await note_what_is(world, history)
        except Exception as error:
            history.note(Failed(f"the run broke off: {error!r}"))
    return violations(history.entries)


async def _happen(world: World, fault: Fault, seed: int, history: History, servers: Servers | None) -> None:
    rng, over = random.Random(seed), asyncio.Event()
    async with Client(world.addresses.ingest, world.keys, history) as client:
        requests = requests_of(random.Random(seed))
        reporting = asyncio.create_task(report_until(client, requests, over, least=_LEAST, most=_MOST))
        await asyncio.sleep(rng.uniform(0.2, 0.8))
        try:
            async with asyncio.timeout(_FAULT_SECONDS):
                await fault.act(Scene(world, client, history, rng, servers))
        except TimeoutError:
            history.note(Failed(f"{fault.name} did not come about within {_FAULT_SECONDS:.0f} s"))
        finally:
            for process in world.everyone():
                process.revive()
            over.set()
            await reporting
