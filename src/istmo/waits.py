"""What waits in the services, as `istmo status` shows it: lag, queues, what is put aside, what is stuck."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from istmo.options import show, tell
from istmo_stack.admin import AdminClient
from istmo_stack.errors import CallFailed
from istmo_stack.folder import Addresses

__all__ = ["is_stuck", "show_waits", "what_waits"]

_READERS = {"registry": "fold", "notify": "intake"}


def what_waits(addresses: Addresses, admin: AdminClient) -> dict[str, dict[str, Any]]:
    """By service, its `/v1/admin/progress`; `error` where it does not say."""
    waits: dict[str, dict[str, Any]] = {}
    for service in _READERS:
        try:
            waits[service] = admin.progress(getattr(addresses, service))
        except (CallFailed, OSError) as error:
            waits[service] = {"error": str(error)}
    return waits


def is_stuck(waits: Mapping[str, Any]) -> bool:
    """Whether a service names something that is stuck or put aside."""
    return bool(waits.get("stuck"))


def show_waits(waits: Mapping[str, Mapping[str, Any]]) -> None:
    """Print them."""
    table = Table("stage", "waits in", "how many", "the oldest for", box=None)
    for service, each in waits.items():
        for lag in each.get("partitions", ()):
            behind = "?" if lag["lag"] is None else str(lag["lag"])
            table.add_row(_READERS[service], f"{lag['topic']}/{lag['partition']}", behind, "")
        for queue in each.get("queues", ()):
            oldest = queue["oldest_seconds"]
            table.add_row(queue["stage"], service, str(queue["rows"]), "" if oldest is None else f"{oldest:.1f} s")
    show(table)
    for service, each in waits.items():
        if "error" in each:
            tell(f"{service} does not say what waits: {each['error']}", style="red", markup=False)
        for parked in each.get("parked", ()):
            words = f"put aside since {parked['since']}: {parked['what']}: {parked['error']}"
            tell(words, style="red", markup=False)
        for name in each.get("retrying", ()):
            tell(f"webhook fails or is paused: {name}", style="yellow", markup=False)
        for words in each.get("stuck", ()):
            tell(f"stuck in {service}: {words}", style="red", markup=False)
