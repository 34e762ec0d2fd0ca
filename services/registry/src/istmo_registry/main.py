"""The composition root: a role of the registry, put together and run until the process is asked to end."""

from istmo_common.garbage import collect_rarely
from istmo_common.logs import configure_logging
from istmo_common.signals import stop_on_signals
from istmo_common.telemetry import telemetry
from istmo_registry.serving import serve_api
from istmo_registry.settings import RegistrySettings
from istmo_registry.workers import WORKERS

__all__ = ["ROLES", "run"]

_RUN = {"api": serve_api, **WORKERS}

ROLES = (*_RUN,)
"""What `python -m istmo_registry` can be."""


async def run(role: str, settings: RegistrySettings) -> None:
    """Run one role until SIGTERM or SIGINT, then drain."""
    configure_logging("istmo-registry")
    collect_rarely()
    with telemetry("istmo-registry"):
        await _RUN[role](settings, stop_on_signals())
