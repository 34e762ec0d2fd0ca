"""What `istmo trace` prints, and where."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from istmo.following import command
from istmo.main import app
from istmo_stack.folder import Addresses, DataFolder

_ADDRESSES = Addresses("http://i", "http://r", "http://n", "k", "postgresql://p", "redis://v", "admin.key")
_BEGAN, _ENDED = "2026-01-01T00:00:00.005Z", "2026-01-01T00:00:00.008Z"
_OUTCOME = f"new, goes to {'match ' * 40}at last"


class _Admin:
    """Tells the way of one report."""

    def __init__(self, key_file: Path) -> None:
        pass

    def reports(self, *_: object) -> dict[str, Any]:
        arrival = {"trace": "1", "place": "activities/0/7", "outcome": _OUTCOME, "recorded": _BEGAN}
        way = {
            "contents": [],
            "arrivals": [{**arrival, "began": _BEGAN, "ended": _ENDED}],
            "stages": [],
            "waiting": [],
            "parked": [],
        }
        return {"reports": [{"event": "1", "partner": "p", "source": "/s"}], "way": way}

    def stages(self, *_: object) -> dict[str, Any]:
        return {"stages": [], "told": [], "undelivered": []}


def test_nothing_of_a_step_is_cut_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An operator who pipes the way into a file, or has a narrow terminal, reads what came of each step."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(command, "running_stack", lambda data: (DataFolder(data), _ADDRESSES))
    monkeypatch.setattr(command, "AdminClient", _Admin)
    done = CliRunner().invoke(app, ["trace", "1", "--data", str(tmp_path)], catch_exceptions=False)
    assert done.exit_code == 0
    assert f"took 3.0 ms: {_OUTCOME} activities/0/7" in done.stdout
