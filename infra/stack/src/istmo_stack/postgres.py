"""PostgreSQL 18: one server as a child process, on 127.0.0.1, with a password; also where everything runs as root."""

import os
import secrets
import shutil
import signal
import subprocess
from pathlib import Path

import psutil
import psycopg

from istmo_stack.child import Child, Identity, wait_until
from istmo_stack.errors import ChildError
from istmo_stack.ports import LOOPBACK
from istmo_stack.postgres_home import PostgresHome, give

__all__ = ["LocalPostgres"]

_USER = "istmo"

# Byte order and C rules for text: no answer depends on the languages that a machine has installed.
_INITDB_OPTIONS = (
    f"--username={_USER}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-sync",
    "--no-instructions",
)


class LocalPostgres:
    """A server that belongs to `data_dir` and listens on `port` of 127.0.0.1. Its methods block.

    Its tables are in `data_dir`, except where root would run it and the user `nobody`, who does instead, cannot reach
    that folder (see `PostgresHome`). `durable=False` leaves out fsync: a commit then survives the server's death, not
    the machine's, which is enough for tests.
    """

    def __init__(self, data_dir: Path, port: int, *, log_path: Path | None = None, durable: bool = True) -> None:
        self._data_dir = data_dir.resolve()
        self._port = port
        self._durable = durable
        self._home = PostgresHome(self._data_dir)
        self._child = Child(
            "postgres",
            log_path=log_path or self._data_dir / "postgres.log",
            pid_path=self._data_dir / "postgres.pid",
            user=self._home.user,
            stop_signal=signal.SIGINT,  # fast shutdown: open sessions are ended, not waited for
        )

    @property
    def url(self) -> str:
        """The address for clients, with the password: `postgresql://user:password@host:port/postgres`."""
        return f"postgresql://{_USER}:{self._password()}@{LOOPBACK}:{self._port}/postgres"

    @property
    def child(self) -> Child:
        """The server's process."""
        return self._child

    @property
    def home(self) -> PostgresHome:
        """Where its programs and tables are."""
        return self._home

    def start(self) -> None:
        """Make the database the first time, and start the server."""
        self._data_dir.mkdir(parents=True, exist_ok=True)
        self._home.open()
        tables = self._home.tables
        if not (tables / "PG_VERSION").exists():
            self._initialise(tables)
        _end_leftover(tables)
        options = {
            "listen_addresses": LOOPBACK,
            "port": str(self._port),
            "unix_socket_directories": "",
            "max_connections": "200",
            **({} if self._durable else {"fsync": "off", "full_page_writes": "off"}),
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self._child.start([self._home.program("postgres"), "-D", tables, *settings], cwd=tables, env=_clean_env())

    def wait_healthy(self, timeout_seconds: float = 60.0) -> None:
        """Return once the server answers a query.

        Raises ChildError when the server ends before, StartTimeout when time runs out.
        """
        self._child.wait_for(self._answers, timeout_seconds=timeout_seconds)

    def stop(self) -> None:
        """Shut the server down in order."""
        self._child.stop()

    def kill(self) -> None:
        """End the server with SIGKILL; `start` brings it back on the same port with what was committed."""
        self._child.kill()

    def remove(self) -> None:
        """Stop the server and remove its tables, wherever they are."""
        self.stop()
        self._home.remove()

    def _initialise(self, tables: Path) -> None:
        # What an initialisation that was interrupted left is not a database yet.
        drafts = tables.with_name(f"{tables.name}.new")
        shutil.rmtree(drafts, ignore_errors=True)
        secret = tables.with_name("initial-password")
        secret.unlink(missing_ok=True)
        secret.touch(mode=0o600)
        secret.write_text(self._password())
        give(secret, self._home.user)
        try:
            self._run("initdb", f"--pgdata={drafts}", f"--pwfile={secret}", *_INITDB_OPTIONS)
        finally:
            secret.unlink()
        drafts.rename(tables)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603
            [self._home.program(program), *arguments],
            capture_output=True,
            text=True,
            cwd=self._home.tables.parent,
            env=_clean_env(),
            user=self._home.user,
            extra_groups=None if self._home.user is None else [],
            check=False,
        )
        if done.returncode != 0:
            raise ChildError(f"{program} failed: {done.stdout}{done.stderr}")

    def _password(self) -> str:
        path = self._data_dir / "password"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(24))
        return path.read_text()

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.url, connect_timeout=2) as connection:
                return connection.execute("SELECT 1").fetchone() == (1,)
        except psycopg.OperationalError:
            return False


def _clean_env() -> dict[str, str]:
    """The environment without settings that were meant for another PostgreSQL or language."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C"}


def _end_leftover(tables: Path) -> None:
    """End a server that still has these tables open, and take away a lock that no running server holds.

    PostgreSQL itself tells a stale lock by the process number alone, which a restarted machine soon gives to another.
    """
    lock = tables / "postmaster.pid"
    if not lock.exists():
        return
    pid = lock.read_text().partition("\n")[0]
    for process in _servers_on(tables):
        if pid == str(process.pid):
            Identity(process.pid, process.create_time()).end(sign=signal.SIGINT)
    # Its own children notice its death by themselves; the lock must stay as long as one of them is there.
    if not wait_until(lambda: not _servers_on(tables), timeout_seconds=20):
        raise ChildError(f"processes of an earlier server still have {tables} open")
    lock.unlink(missing_ok=True)


def _servers_on(tables: Path) -> list[psutil.Process]:
    """The processes of PostgreSQL that work on these tables: all of them stand in that folder."""
    return [
        process
        for process in psutil.process_iter(["name", "cwd"])
        if process.info["name"] == "postgres" and process.info["cwd"] == str(tables)
    ]
