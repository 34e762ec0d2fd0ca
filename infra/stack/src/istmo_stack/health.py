"""How the parts of a running stack are."""

from typing import Any

import psutil

from istmo_common.heartbeat import is_alive
from istmo_stack.admin import is_ready
from istmo_stack.folder import Addresses, DataFolder

__all__ = ["is_well", "part_health"]

_SERVERS = ("kafka", "postgres", "valkey")


def is_well(folder: DataFolder, name: str, url: str | None) -> bool:
    """Whether the process of this name does its work: an API at `url` says so, a worker's heart beats."""
    return is_alive(folder.heartbeat_file(name)) if url is None else is_ready(url)


def part_health(folder: DataFolder, addresses: Addresses) -> dict[str, dict[str, Any]]:
    """Each process of the stack: its `state`, `pid`, `restarts`, `memory_bytes`, and whether it is `healthy`.

    An API or worker is healthy when it says so, a server when it runs: the APIs are not ready without it.
    """
    apis = {"ingest": addresses.ingest, "registry": addresses.registry, "notify": addresses.notify}
    return {
        name: {
            **process,
            "memory_bytes": _memory_bytes(process["pid"]),
            "healthy": process["state"] == "up" and (name in _SERVERS or is_well(folder, name, apis.get(name))),
        }
        for name, process in folder.state()["processes"].items()
    }


def _memory_bytes(pid: int | None) -> int:
    """Memory of a process and of those that it started, what they share counted once where the system tells."""
    if pid is None:
        return 0
    try:
        process = psutil.Process(pid)
        return sum(map(_own_bytes, (process, *process.children(recursive=True))))
    except psutil.NoSuchProcess:
        return 0


def _own_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except (psutil.AccessDenied, AttributeError):
        return int(process.memory_info().rss)
