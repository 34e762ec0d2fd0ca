"""The folder of a stack, and its ports."""

import os
import socket
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from istmo_stack.control import wait_ready
from istmo_stack.errors import StackRunning
from istmo_stack.folder import Addresses, DataFolder
from istmo_stack.ports import LOOPBACK, PortBook, is_free


def test_one_stack_at_a_time_holds_a_folder(tmp_path: Path) -> None:
    """Two starts in one folder never run two brokers on one log."""
    folder = DataFolder(tmp_path / "stack")
    with folder.held():
        holder = folder.holder()
        with pytest.raises(StackRunning), DataFolder(tmp_path / "stack").held():
            pass
    assert (os.getpid(), None) == (holder, folder.holder())


def test_a_start_is_not_taken_for_the_killed_one_that_the_lock_still_names(tmp_path: Path) -> None:
    """Whoever starts a stack where one was killed gets its own, also in the moment before it has put down its name."""
    folder = DataFolder(tmp_path / "stack")
    here = Addresses("ingest", "registry", "notify", "kafka", "postgres", "redis", "admin.key")
    with folder.held():  # as by the new one, while the lock, the state and the addresses are those of the killed one
        folder.publish(here)
        folder.write_state({"pid": os.getpid(), "ready": True, "step": ""})
        start = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        with ThreadPoolExecutor() as pool:
            found = pool.submit(wait_ready, folder, str, start)
            with pytest.raises(TimeoutError):
                found.result(0.3)
            start.communicate(b"\n")
            assert here == found.result(10)


def test_secrets_are_made_once_and_are_for_the_owner_alone(tmp_path: Path) -> None:
    """Another user of the machine cannot read a key, and a restart does not change it."""
    folder = DataFolder(tmp_path)
    first = folder.secret(folder.admin_key_file)
    assert (first, 0o600) == (
        folder.secret(folder.admin_key_file),
        stat.S_IMODE(folder.admin_key_file.stat().st_mode),
    )
    assert len(first) >= 32


def test_two_stacks_that_start_together_get_different_ports(tmp_path: Path) -> None:
    """Neither finds its port taken by the other when its services start."""
    preferred = _free_pair()
    first, second = PortBook(tmp_path / "first.json"), PortBook(tmp_path / "second.json")
    chosen = [book.port(name, preferred) for book in (first, second) for name in ("ingest", "registry")]
    first.release()
    second.release()
    assert (preferred, 4) == (chosen[0], len(set(chosen)))


def test_a_stack_keeps_its_ports(tmp_path: Path) -> None:
    """A URL that somebody wrote down is the same after a restart, unless somebody else listens there now."""
    book = PortBook(tmp_path / "ports.json")
    chosen = book.port("ingest")
    book.release()
    again = PortBook(tmp_path / "ports.json")
    kept = again.port("ingest", _free_pair())
    again.release()
    with socket.create_server((LOOPBACK, chosen)):
        other = PortBook(tmp_path / "ports.json")
        assert (True, True) == (chosen == kept, other.port("ingest") != chosen)
        other.release()


def _free_pair() -> int:
    """A free port that no book has claimed."""
    return next(port for port in range(19000, 19900) if is_free(port))
