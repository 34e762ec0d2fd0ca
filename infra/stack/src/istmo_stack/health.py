"""How the parts of a running stack are."""

from typing import Any

import psutil

from istmo_stack.admin import is_ready
from istmo_stack.folder import Addresses, DataFolder

__all__ = ["part_health"]


def part_health(folder: DataFolder, addresses: Addresses) -> dict[str, dict[str, Any]]:
    """Each process of the stack: its `state`, `pid`, `restarts`, `rss_bytes` of memory, and whether it is `healthy`.

    An API is healthy when it says that it is ready; a worker or server when it runs.
    """
    apis = {"ingest": addresses.ingest, "registry": addresses.registry, "notify": addresses.notify}
    return {
        name: {
            **process,
            "rss_bytes": _rss_bytes(process["pid"]),
            "healthy": process["state"] == "up" and (name not in apis or is_ready(apis[name])),
        }
        for name, process in folder.state()["processes"].items()
    }


def _rss_bytes(pid: int | None) -> int:
    """Resident memory of a process and those that it started; shared pages are counted in each."""
    if pid is None:
        return 0
    try:
        process = psutil.Process(pid)
        return sum(each.memory_info().rss for each in (process, *process.children(recursive=True)))
    except psutil.NoSuchProcess:
        return 0
