"""A worker's sign of life."""

import asyncio
import os
from pathlib import Path

from istmo_common.heartbeat import heartbeat, is_alive


async def test_a_turning_loop_is_alive_and_a_stuck_one_is_not(tmp_path: Path) -> None:
    """Operations see a worker as alive while its loop turns, and as dead once the file has grown old or is gone."""
    path = tmp_path / "beat"
    assert is_alive(path) is False
    async with heartbeat(path, every_seconds=0.01):
        await asyncio.sleep(0.05)
        assert is_alive(path) is True
        os.utime(path, (0, 0))
        assert is_alive(path) is False
        await asyncio.sleep(0.05)
        assert is_alive(path) is True
    assert is_alive(path) is False
