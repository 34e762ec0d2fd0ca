"""The local database."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from istmo_stack.child import Identity
from istmo_stack.errors import TablesGone
from istmo_stack.ports import free_port
from istmo_stack.postgres import LocalPostgres
from istmo_stack.postgres_home import clear_orphans

pytestmark = pytest.mark.stack

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the database as another user")


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A folder that other users cannot enter, as a clean checkout may be; its tables are removed afterwards."""
    tmp_path.chmod(0o700)
    yield tmp_path / "postgres"
    shutil.rmtree(tmp_path)
    clear_orphans()


@pytest.fixture
def server(data: Path) -> Iterator[LocalPostgres]:
    """A server of the test's own, which it may kill."""
    server = LocalPostgres(data, free_port(), durable=False)
    yield server
    server.stop()


def _start(server: LocalPostgres) -> None:
    server.start()
    server.wait_healthy()


def _remember(server: LocalPostgres) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept (number int)")
        connection.execute("INSERT INTO kept VALUES (41), (42)")


def _remembered(server: LocalPostgres) -> list[tuple[int]] | None:
    with psycopg.connect(server.url) as connection:
        if connection.execute("SELECT to_regclass('kept')").fetchone() == (None,):
            return None
        return connection.execute("SELECT number FROM kept ORDER BY number").fetchall()


def test_what_was_committed_survives_a_kill(server: LocalPostgres) -> None:
    """After the database was killed it is back on the same port with what it had said is stored."""
    _start(server)
    _remember(server)
    server.kill()
    _start(server)
    assert [(41,), (42,)] == _remembered(server)


def test_a_lock_whose_number_another_process_has_does_not_stop_the_start(server: LocalPostgres) -> None:
    """After a machine was restarted, the stack starts even if an unrelated process now has the old number."""
    _start(server)
    _remember(server)
    lock = server.home.tables / "postmaster.pid"
    left = lock.read_text().splitlines()
    server.kill()
    lock.write_text("\n".join([str(os.getpid()), *left[1:]]) + "\n")
    _start(server)
    assert [(41,), (42,)] == _remembered(server)


def test_a_server_left_by_a_killed_stack_is_ended_first(server: LocalPostgres, data: Path) -> None:
    """Starting again after the stack alone was killed takes over the tables, with one server on them."""
    _start(server)
    _remember(server)
    left = server.child.pid
    again = LocalPostgres(data, free_port(), durable=False)
    _start(again)
    assert ([(41,), (42,)], None) == (_remembered(again), left and Identity(left, psutil.boot_time()).process())
    again.stop()


@as_root
def test_root_runs_it_as_another_user_outside_a_closed_folder(server: LocalPostgres, data: Path) -> None:
    """Root in a container can start the stack, and no privileged process serves the database."""
    _start(server)
    assert server.child.pid is not None
    assert ("nobody", True) == (psutil.Process(server.child.pid).username(), server.home.elsewhere)
    assert str(server.home.folder) == (data / "elsewhere").read_text()


@as_root
def test_removing_the_data_folder_gives_a_fresh_database(server: LocalPostgres, data: Path) -> None:
    """Whoever removes `<data>` meets none of the old tables, and the old ones are cleared away at the next start."""
    _start(server)
    _remember(server)
    old = server.home.folder
    server.stop()
    shutil.rmtree(data)
    fresh = LocalPostgres(data, free_port(), durable=False)
    _start(fresh)
    assert (None, False) == (_remembered(fresh), old.exists())
    fresh.stop()


@as_root
def test_tables_that_were_cleared_away_are_missed_not_made_anew(server: LocalPostgres) -> None:
    """After the machine's temporary folder was emptied the start says so, instead of a platform without partners."""
    _start(server)
    server.stop()
    shutil.rmtree(server.home.folder)
    with pytest.raises(TablesGone, match="Restore it from a backup, or remove"):
        server.start()


@as_root
def test_a_copy_of_the_data_folder_does_not_open_the_tables_of_the_original(server: LocalPostgres, data: Path) -> None:
    """Trying something on a copy of `<data>` leaves the original's tables alone."""
    _start(server)
    _remember(server)
    copied = data.with_name("copy")
    shutil.copytree(data, copied)
    (copied / "postgres.pid").unlink()
    other = LocalPostgres(copied, free_port(), durable=False)
    _start(other)
    assert (None, [(41,), (42,)]) == (_remembered(other), _remembered(server))
    other.stop()


@as_root
def test_folders_of_others_in_the_temporary_directory_are_left_alone(tmp_path: Path) -> None:
    """A folder that a living `<data>` points to is nobody's orphan."""
    folder = Path(tempfile.mkdtemp(prefix="istmo-postgres-"))
    (folder / "owner").write_text(str(tmp_path))
    (tmp_path / "elsewhere").write_text(str(folder))
    clear_orphans()
    pointed_to = folder.exists()
    (tmp_path / "elsewhere").unlink()
    clear_orphans()
    assert (True, False) == (pointed_to, folder.exists())
