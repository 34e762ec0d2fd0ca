"""The bare form of draining: the same records from the log into one table."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from istmo_bench.cores import measured
from istmo_bench.grounds import Site
from istmo_bench.scale.copying import Connection
from istmo_bench.scale.draining import backend_seconds, outgoing, send
from istmo_common.events.envelope import CloudEvent

__all__ = ["drain_bare"]

_SECONDS: Final = 300.0
_LOOK_SECONDS: Final = 0.05
_TOPIC: Final = "alerts"
"""A topic of the platform that nobody else uses here."""
_AT_WORK: Final = "SELECT pid FROM pg_stat_activity WHERE application_name = %s"


async def drain_bare(site: Site, control: Connection, events: Sequence[CloudEvent]) -> tuple[float, float]:
    """Seconds by the clock and CPU seconds, of the process and of its connection, for all of `events`."""
    topic, table = site.topic_prefix + _TOPIC, f"public.bare_{site.name.replace('-', '_')}"
    arguments = (site.grounds.kafka, site.grounds.postgres, table, topic)
    with measured("istmo_bench.references.draining", *arguments, alone=False) as process:
        async with asyncio.timeout(_SECONDS):
            await _until(lambda: control.execute(_AT_WORK, [table]).rowcount == 1)
            ((pid,),) = control.execute(_AT_WORK, [table]).fetchall()
            begun, spent = time.perf_counter(), (process.cpu_seconds(), backend_seconds(pid))
            await send(site, [replace(outgoing(event), topic=_TOPIC) for event in events])
            await _until(lambda: control.execute(f"SELECT FROM {table}".encode()).rowcount == len(events))
        seconds = time.perf_counter() - begun
        return seconds, process.cpu_seconds_since(spent[0]) + backend_seconds(pid) - spent[1]


async def _until(come: Callable[[], bool]) -> None:
    while not come():  # noqa: ASYNC110 - another process does it
        await asyncio.sleep(_LOOK_SECONDS)
