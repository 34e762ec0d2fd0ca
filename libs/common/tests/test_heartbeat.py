"""A worker's sign of life."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from istmo_common.heartbeat import heartbeat, is_alive

SOON = 0.3


async def _beating(beat: Callable[[], None]) -> None:
    while True:
        beat()
        await asyncio.sleep(0.01)


async def test_a_worker_lives_while_every_loop_of_it_turns(tmp_path: Path) -> None:
    """Operations see a worker as dead once one of its loops hangs, though others turn and its timers tick."""
    path = tmp_path / "beat"
    async with heartbeat(path, every_seconds=0.01) as heart:
        await asyncio.sleep(0.05)
        assert is_alive(path) is False, "no loop has begun"
        turning = [asyncio.create_task(_beating(heart.pulse(name))) for name in ("one", "other")]
        await asyncio.sleep(0.05)
        assert is_alive(path, SOON) is True
        turning[1].cancel()
        await asyncio.sleep(SOON + 0.2)
        assert is_alive(path, SOON) is False
        turning[1] = asyncio.create_task(_beating(heart.pulse("other")))
        await asyncio.sleep(0.05)
        assert is_alive(path, SOON) is True
        for task in turning:
            task.cancel()
    assert is_alive(path) is False
