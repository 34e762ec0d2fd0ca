"""How a process is asked to end: SIGTERM or SIGINT, after which it drains and exits 0."""

import asyncio
import signal

__all__ = ["stop_on_signals"]


def stop_on_signals() -> asyncio.Event:
    """An event that is set by SIGTERM or SIGINT. Call it once, within the running loop, in a process's main."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
