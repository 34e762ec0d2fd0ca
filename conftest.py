"""Fixtures that tests of every package share."""

import asyncio
import gc
import os
import sys
import threading
from pathlib import Path
from typing import Final

import pytest
import pytest_timeout
from hypothesis import settings

# Derandomised: a run that was green stays green. `make soak` looks further, at random.
settings.register_profile("ci", derandomize=True, max_examples=200, deadline=None, print_blob=True)
settings.register_profile("soak", derandomize=False, max_examples=5000, deadline=None, print_blob=True)
settings.load_profile("ci")

_TELLING: Final = pytest.StashKey[threading.Timer]()


def pytest_timeout_set_timer(item: pytest.Item, settings: pytest_timeout.Settings) -> None:
    """A second before a test that hangs ends the run: tell where each of its tasks waits."""
    timer = item.stash[_TELLING] = threading.Timer(max(settings.timeout - 1, 0), _tell_tasks)
    timer.daemon = True
    timer.start()


def pytest_timeout_cancel_timer(item: pytest.Item) -> None:
    """The test has ended, or its failure is told."""
    if (timer := item.stash.get(_TELLING, None)) is not None:
        timer.cancel()
        timer.join()


def _tell_tasks() -> None:
    for task in [one for one in gc.get_objects() if isinstance(one, asyncio.Task) and not one.done()]:
        task.print_stack(file=sys.__stderr__)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real, openly licensed data that `ISTMO_REAL_DATA` names; absent, the test skips, in CI it fails."""
    given = os.environ.get("ISTMO_REAL_DATA")
    folder = None if not given else Path(given).absolute()
    if folder is not None and folder.is_dir():
        return folder
    reason = "no real data: ISTMO_REAL_DATA names no folder"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
