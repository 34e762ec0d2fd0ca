"""`python -m istmo_registry rebuild`: told on standard output, asked on the terminal."""

import asyncio
import sys
from typing import Final

from istmo_common.logs import configure_logging
from istmo_registry.rebuilding.rebuild import Outcome, Swapping, rebuild
from istmo_registry.settings import RegistrySettings

__all__ = ["LEFT_DIFFERENT", "run"]

LEFT_DIFFERENT: Final = 3
"""Exit code where the live tables differ and were left as they are."""


async def run(settings: RegistrySettings, *, check: bool, swap: bool, yes: bool) -> int:
    """Rebuild as an operator asks for it; the exit code.

    `check`: compare only. `swap`: change places even without differences. `yes`: change places without asking.
    """
    configure_logging("istmo-registry")
    swapping: Swapping = "never" if check or not (swap or yes) else "always" if swap else "if-different"

    async def ask() -> bool:
        if check or not sys.stdin.isatty():
            return False
        _tell("Put the rebuilt tables in the place of the live ones, and publish what differs? [y/N]")
        return (await asyncio.to_thread(sys.stdin.readline)).strip().lower() in ("y", "yes")

    outcome = await rebuild(settings, swapping, ask, _tell)
    _tell(f"{outcome.value[0].upper()}{outcome.value[1:]}.")
    return LEFT_DIFFERENT if outcome is Outcome.DIFFERENT else 0


def _tell(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()
