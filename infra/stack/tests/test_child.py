"""Child processes."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from istmo_stack.child import Child, Identity, wait_until
from istmo_stack.errors import ChildError, StartTimeout

_SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")
_DEAF = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
)


def _child(folder: Path, stop_timeout_seconds: float = 5.0) -> Child:
    return Child(
        "sleeper",
        log_path=folder / "sleeper.log",
        pid_path=folder / "sleeper.pid",
        stop_timeout_seconds=stop_timeout_seconds,
    )


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    """A child that is gone after the test."""
    child = _child(tmp_path)
    yield child
    child.kill()


def test_a_process_left_by_a_killed_run_is_ended_by_the_next_start(child: Child, tmp_path: Path) -> None:
    """A second start after a crash never leaves two of a kind."""
    child.start(_SLEEP, cwd=tmp_path)
    left = Identity.read(tmp_path / "sleeper.pid")
    assert left is not None
    again = _child(tmp_path)
    again.start(_SLEEP, cwd=tmp_path)
    # Its parent, this test, reaps the one left; for a parent that was killed the system does.
    assert (False, True) == (child.alive, again.alive)
    again.kill()


def test_a_number_that_another_process_got_is_not_taken_for_ours(child: Child, tmp_path: Path) -> None:
    """Starting after the machine was restarted ends no process of somebody else."""
    Identity(os.getpid(), psutil.Process().create_time() - 60).write(tmp_path / "sleeper.pid")
    child.start(_SLEEP, cwd=tmp_path)
    assert (None, True) == (Identity(os.getpid(), 0.0).process(), child.alive)


def test_a_process_deaf_to_its_signal_is_killed(tmp_path: Path) -> None:
    """Stopping the stack ends, whatever a process thinks of it."""
    child = _child(tmp_path, stop_timeout_seconds=0.2)
    child.start(_DEAF, cwd=tmp_path)
    child.wait_for(lambda: "deaf" in (tmp_path / "sleeper.log").read_text(), timeout_seconds=10)
    started = time.monotonic()
    child.stop()
    assert (False, True) == (child.alive, time.monotonic() - started < 5)


def test_a_process_that_ends_while_starting_leaves_its_last_words(child: Child, tmp_path: Path) -> None:
    """Who meets a failed start reads the reason at once."""
    child.start((sys.executable, "-c", "raise SystemExit('no room left')"), cwd=tmp_path)
    with pytest.raises(ChildError, match="no room left"):
        child.wait_for(lambda: False, timeout_seconds=10)


def test_a_process_that_never_gets_healthy_is_told(child: Child, tmp_path: Path) -> None:
    """A start does not hang for ever."""
    child.start(_SLEEP, cwd=tmp_path)
    with pytest.raises(StartTimeout, match="not healthy after 0 s"):
        child.wait_for(lambda: False, timeout_seconds=0.1)


def test_a_pid_file_that_was_cut_off_is_none(tmp_path: Path) -> None:
    """A crash while writing does not stop the next start."""
    (tmp_path / "sleeper.pid").write_text('{"pid": 12')
    assert Identity.read(tmp_path / "sleeper.pid") is None


def test_a_log_that_has_grown_is_put_aside(child: Child, tmp_path: Path) -> None:
    """Logs do not fill the disk over the months, and the last one stays readable."""
    (tmp_path / "sleeper.log").write_bytes(b"x" * (17 * 1024 * 1024))
    child.start(_SLEEP, cwd=tmp_path)
    assert wait_until((tmp_path / "sleeper.log").exists, timeout_seconds=5)
    assert (0, 17 * 1024 * 1024) == tuple(
        (tmp_path / name).stat().st_size for name in ("sleeper.log", "sleeper.old.log")
    )
