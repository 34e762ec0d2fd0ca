"""Whole stacks: the real servers and the real supervisor over processes that only have manners."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from istmo_stack import control
from istmo_stack.admin import AdminClient, NewPartner
from istmo_stack.child import wait_until
from istmo_stack.errors import ChildError
from istmo_stack.folder import Addresses, DataFolder
from istmo_stack.health import part_health
from istmo_stack.kafka import can_write
from istmo_stack.postgres_home import clear_orphans
from istmo_stack.progress import Progress, wait_for_rest
from istmo_stack.testing import Broker, Server

pytestmark = pytest.mark.stack

_PROGRAM = ("-m", "istmo_stand_in.supervise")
_PARTS = ("ISTMO_KAFKA", "ISTMO_POSTGRES_URL", "ISTMO_REDIS_URL")

Up = Callable[..., tuple[DataFolder, Addresses]]


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """Starts a stack in a folder below the module's own; all of them are stopped afterwards."""
    root = tmp_path_factory.mktemp("stacks")
    patch = pytest.MonkeyPatch()
    patch.setenv("PYTHONPATH", str(Path(__file__).parent))
    for name in _PARTS:
        patch.delenv(name, raising=False)

    def start(name: str, workers: str = "") -> tuple[DataFolder, Addresses]:
        folder = DataFolder(root / name)
        return folder, control.start_detached(folder, workers, str, _PROGRAM)

    yield start
    for lock in root.glob("*/lock"):
        control.stop(DataFolder(lock.parent))
        shutil.rmtree(lock.parent)
    patch.undo()
    clear_orphans()


@pytest.fixture(scope="module")
def running(up: Up) -> tuple[DataFolder, Addresses]:
    """A stack that tests may look at, and harm where it mends itself."""
    return up("shared", "fold=2")


@pytest.fixture
def given_parts(
    monkeypatch: pytest.MonkeyPatch, kafka: Broker, postgres: Server, valkey: Server, topic_prefix: str
) -> tuple[str, str, str]:
    """Kafka, PostgreSQL and Valkey named by the environment."""
    given = (kafka.bootstrap_servers, postgres.url, valkey.url)
    for name, value in zip(_PARTS, given, strict=True):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ISTMO_TOPIC_PREFIX", topic_prefix)
    return given


def _processes(folder: DataFolder) -> list[int]:
    """The pids of whatever names this folder, or that of its tables, in its command line, or works in it."""
    pointer = folder.root / "postgres" / "elsewhere"
    places = [str(folder.root), *([pointer.read_text()] if pointer.exists() else [])]
    found = []
    for process in psutil.process_iter(["cmdline", "cwd", "status"]):
        words = " ".join([*(process.info["cmdline"] or []), process.info["cwd"] or ""])
        if process.info["status"] != psutil.STATUS_ZOMBIE and any(place in words for place in places):
            found.append(process.pid)
    return sorted(found)


def test_a_stack_says_where_it_is_reached_and_how_it_is(running: tuple[DataFolder, Addresses]) -> None:
    """A file names every address, and each process is known with its memory and health."""
    folder, addresses = running
    assert json.loads(folder.stack_file.read_text()) == {
        "ingest": addresses.ingest,
        "registry": addresses.registry,
        "notify": addresses.notify,
        "kafka": addresses.kafka,
        "postgres": addresses.postgres,
        "redis": addresses.redis,
        "admin_key_file": str(folder.root / "admin.key"),
    }
    # The folders of a test are closed to other users, so root finds the tables elsewhere and is told.
    assert (os.geteuid() == 0) == any("its tables are in" in notice for notice in folder.state()["notices"])
    health = part_health(folder, addresses)
    assert (12, True) == (len(health), all(part["healthy"] and part["memory_bytes"] for part in health.values()))


def test_starting_twice_starts_one(running: tuple[DataFolder, Addresses], up: Up) -> None:
    """A second start finds the first one, with the same addresses and the same processes."""
    folder, addresses = running
    before = folder.state()
    found = control.wait_ready(folder, str)
    again = up("shared")[1]
    assert (addresses, addresses, before, before["pid"]) == (found, again, folder.state(), folder.holder())


def test_rest_is_known_by_the_ends_of_the_log(running: tuple[DataFolder, Addresses]) -> None:
    """`istmo status --wait` does not say "at rest" while a report is in the log and not yet stored."""
    folder, addresses = running
    admin = AdminClient(folder.admin_key_file)
    assert Progress() == wait_for_rest(addresses, admin, timeout_seconds=5)
    subprocess.run([sys.executable, "-m", "istmo_stand_in.write", addresses.kafka], check=True)
    started = time.monotonic()
    waiting = wait_for_rest(addresses, admin, timeout_seconds=1).waiting_for
    assert ("registry: activities 0 stored up to 0 of 1",) == waiting
    assert time.monotonic() - started >= 1


def test_operators_calls_carry_the_key_of_the_folder(running: tuple[DataFolder, Addresses]) -> None:
    """A partner is added with the operator's key, and its own key comes back."""
    folder, addresses = running
    partner = NewPartner("Ministerio de Seguridad", "isthmus-government", "es", owns=["HN-1"], id="minseg")
    assert AdminClient(folder.admin_key_file).add_partner(addresses.registry, partner).startswith("istmo_minseg_")


def test_a_killed_process_is_brought_back(running: tuple[DataFolder, Addresses]) -> None:
    """A worker or the broker that dies is back soon, and the operator sees that it fell."""
    folder, addresses = running
    before = part_health(folder, addresses)
    for name in ("fold-1", "kafka"):
        os.kill(before[name]["pid"], signal.SIGKILL)

    def back() -> bool:
        now = part_health(folder, addresses)
        return all(
            now[name]["restarts"] > before[name]["restarts"] and now[name]["state"] == "up"
            for name in ("fold-1", "kafka")
        )

    assert wait_until(back, timeout_seconds=15)
    assert wait_until(lambda: can_write(addresses.kafka), timeout_seconds=30)


def test_two_stacks_run_side_by_side(running: tuple[DataFolder, Addresses], up: Up) -> None:
    """A developer's stack and a demonstration share a machine, neither sees the other's tables, and one may go."""
    here, (other, there) = running[1], up("other")
    urls = [{each.ingest, each.registry, each.notify, each.kafka, each.redis} for each in (here, there)]
    assert set() == urls[0] & urls[1]
    with psycopg.connect(there.postgres) as connection:
        connection.execute("CREATE SCHEMA mine")
    with psycopg.connect(here.postgres) as connection:
        assert connection.execute("SELECT to_regnamespace('mine')").fetchone() == (None,)
    assert control.stop(other)
    assert ([], False) == (_processes(other), other.stack_file.exists())
    assert wait_until(lambda: can_write(here.kafka), timeout_seconds=30)


def test_it_comes_back_after_everything_was_killed(up: Up) -> None:
    """After SIGKILL of every process one start is enough: the same ports and keys, and what was stored."""
    folder, addresses = up("killed")
    desk_key = folder.desk_key_file.read_text()
    with psycopg.connect(addresses.postgres) as connection:
        connection.execute("CREATE SCHEMA kept")
    for pid in _processes(folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not _processes(folder), timeout_seconds=10)
    _, again = up("killed")
    with psycopg.connect(again.postgres) as connection:
        assert connection.execute("SELECT to_regnamespace('kept')::text").fetchone() == ("kept",)
    assert (addresses, desk_key) == (again, folder.desk_key_file.read_text())


def test_parts_that_the_environment_names_are_used_as_they_are(given_parts: tuple[str, str, str], up: Up) -> None:
    """An operator with a Kafka, PostgreSQL or Redis of their own runs the platform on it, and it is left alone."""
    folder, addresses = up("given")
    assert given_parts == (addresses.kafka, addresses.postgres, addresses.redis)
    assert [] == [name for name in ("kafka", "postgres", "valkey") if (folder.root / name).exists()]
    control.stop(folder)
    assert can_write(addresses.kafka)


def test_what_a_killed_supervisor_left_is_ended(given_parts: tuple[str, str, str], up: Up) -> None:
    """When the supervisor alone was killed, stopping still stops everything."""
    folder, _ = up("left")
    supervisor = folder.holder()
    assert supervisor is not None
    os.kill(supervisor, signal.SIGKILL)
    assert wait_until(lambda: folder.holder() is None, timeout_seconds=10)
    assert 8 == len(_processes(folder))
    assert control.stop(folder)
    assert [] == _processes(folder)


@pytest.mark.usefixtures("given_parts")
def test_a_service_that_does_not_start_is_named_with_its_reason(up: Up, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed start says which process and why, and leaves nothing running."""
    monkeypatch.setenv("ISTMO_TEST_BROKEN", "match")
    with pytest.raises(ChildError, match=r"match-1 ends again and again(.|\n)*out of order"):
        up("broken")


@pytest.mark.usefixtures("given_parts")
def test_ctrl_c_stops_everything(tmp_path: Path, up: Up) -> None:
    """In the foreground Ctrl-C ends the stack in order, with exit code 0."""
    folder = DataFolder(tmp_path / "foreground")
    folder.make()
    with (folder.logs / "supervisor.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, *_PROGRAM, str(folder.root), ""], stdout=log)
    control.wait_ready(folder, str, process)
    process.send_signal(signal.SIGINT)
    assert (0, []) == (process.wait(60), _processes(folder))
    with pytest.raises(ChildError, match="ended while starting"):
        control.wait_ready(folder, str)
