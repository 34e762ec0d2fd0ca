"""What is kept of runs that failed, and what becomes of it when the run is made again."""

import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from istmo_faults import __main__ as faults
from istmo_faults.history import Failed, History, Run

KEPT = Path("build/faults")


@pytest.fixture
def outcomes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[list[str]]]:
    """What the next runs break, one after the other. Nothing is started for them, and the working folder is empty."""
    coming: list[list[str]] = []

    @contextmanager
    def no_servers(*_: object) -> Iterator[Any]:
        yield SimpleNamespace(places=lambda: None)

    @asynccontextmanager
    async def no_world(*_: object) -> AsyncIterator[None]:
        yield

    async def run(_world: object, fault: faults.Fault, seed: int, history: History, _servers: object) -> list[str]:
        history.note(Run(fault.name, seed))
        return coming.pop(0)

    monkeypatch.setattr(faults, "running_servers", no_servers)
    monkeypatch.setattr(faults, "open_world", no_world)
    monkeypatch.setattr(faults, "run", run)
    monkeypatch.chdir(tmp_path)
    ends = signal.getsignal(signal.SIGTERM)
    yield coming
    signal.signal(signal.SIGTERM, ends)


def made(outcomes: list[list[str]], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of `python -m istmo_faults`."""
    monkeypatch.setattr("sys.argv", ["istmo_faults", *arguments])
    return faults.main()


def kept() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in KEPT.glob("*.ndjson")}


@pytest.fixture
def failure(outcomes: list[list[str]], tmp_path: Path) -> dict[str, bytes]:
    """A failure that was kept."""
    history = History.in_folder(KEPT, "broker-lost-7")
    history.note(Run("broker-lost", 7), Failed("no rest after 60 s"))
    history.close()
    return kept()


def test_a_run_that_passes_keeps_nothing(outcomes: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Only failures are left to look at."""
    outcomes.append([])
    assert 0 == made(outcomes, monkeypatch, "--only", "broker-lost", "--rounds", "1")
    assert {} == kept()


@pytest.mark.parametrize(("broken", "beside"), [([], set()), (["it failed again"], {"broker-lost-7-2.ndjson"})])
def test_a_replay_leaves_the_history_of_the_failure(
    outcomes: list[list[str]],
    failure: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    broken: list[str],
    beside: set[str],
) -> None:
    """What failed once can be looked at for as long as one likes, however often the run is made again."""
    outcomes.append(broken)
    assert bool(broken) == made(outcomes, monkeypatch, "--replay", str(KEPT / "broker-lost-7.ndjson"))
    assert failure.keys() | beside == kept().keys()
    assert failure.items() <= kept().items()
