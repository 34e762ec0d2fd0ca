"""Fixtures that tests of every package share."""

import os
from pathlib import Path

import pytest


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
