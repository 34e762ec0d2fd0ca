"""Fixtures that tests of every package share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Derandomised: a run that was green stays green. `make soak` looks further, at random.
settings.register_profile("ci", derandomize=True, max_examples=200, deadline=None, print_blob=True)
settings.register_profile("soak", derandomize=False, max_examples=5000, deadline=None, print_blob=True)
settings.load_profile("ci")


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
