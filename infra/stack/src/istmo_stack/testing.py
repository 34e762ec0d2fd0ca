"""Pytest fixtures: the real Kafka, PostgreSQL and Valkey, started once for a test run and only when a test asks.

A part that the environment names (`ISTMO_KAFKA`, `ISTMO_POSTGRES_URL`, `ISTMO_REDIS_URL`) is used as it is.
"""

import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psycopg
import pytest
from psycopg import sql

from istmo_stack.child import Identity
from istmo_stack.kafka import LocalKafka
from istmo_stack.ports import free_port
from istmo_stack.postgres import LocalPostgres
from istmo_stack.valkey import LocalValkey

__all__ = [
    "Broker",
    "Server",
    "kafka",
    "own_kafka",
    "postgres",
    "schema_prefix",
    "stack_directory",
    "topic_prefix",
    "valkey",
]

_PREFIX = "istmo-test-"


class Broker(Protocol):
    """What a test of the log needs to know."""

    @property
    def bootstrap_servers(self) -> str:
        """The address for Kafka clients, `host:port`."""


class Server(Protocol):
    """What a test of PostgreSQL or Valkey needs to know."""

    @property
    def url(self) -> str:
        """The address for clients, with the password."""


@dataclass(frozen=True)
class _GivenBroker:
    bootstrap_servers: str


@dataclass(frozen=True)
class _GivenServer:
    url: str


_SERVERS = {"stack_directory", "kafka", "own_kafka", "postgres", "valkey"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a running server, so that the rest can be run alone."""
    for item in items:
        if isinstance(item, pytest.Function) and _SERVERS & set(item.fixturenames):
            item.add_marker(pytest.mark.stack)


@pytest.fixture(scope="session")
def stack_directory() -> Iterator[Path]:
    """A folder for the run's servers, gone at its end; what runs that were killed left is cleared first."""
    root = Path(tempfile.gettempdir())
    for left in root.glob(f"{_PREFIX}*"):
        _clear_if_left(left)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))
    owner = Identity.of(os.getpid())
    if owner is not None:
        owner.write(folder / "owner.pid")
    folder.chmod(0o711)  # so that PostgreSQL, which does not run as root, finds its tables in it
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _clear_if_left(folder: Path) -> None:
    owner = Identity.read(folder / "owner.pid")
    if owner is None or owner.alive or folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        return
    for path in folder.glob("*/*.pid"):
        server = Identity.read(path)
        if server is not None:
            server.end(sign=signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def kafka(stack_directory: Path) -> Iterator[Broker]:
    """A Kafka broker for the whole run; tests keep apart by `topic_prefix`."""
    given = os.environ.get("ISTMO_KAFKA")
    if given:
        yield _GivenBroker(given)
        return
    with _running_broker(stack_directory / "kafka") as broker:
        yield broker


@pytest.fixture(scope="session")
def own_kafka(stack_directory: Path) -> Iterator[LocalKafka]:
    """A broker apart from everybody else's, to be halted, killed and brought back; a test leaves it running."""
    with _running_broker(stack_directory / "own-kafka") as broker:
        yield broker


@contextmanager
def _running_broker(folder: Path) -> Iterator[LocalKafka]:
    broker = LocalKafka(folder, free_port())
    try:
        broker.start()
        broker.wait_healthy()
        yield broker
    finally:
        broker.kill()


@pytest.fixture(scope="session")
def postgres(stack_directory: Path) -> Iterator[Server]:
    """A PostgreSQL for the whole run; tests keep apart by `schema_prefix`."""
    given = os.environ.get("ISTMO_POSTGRES_URL")
    if given:
        yield _GivenServer(given)
        return
    server = LocalPostgres(stack_directory / "postgres", free_port(), durable=False)
    try:
        server.start()
        server.wait_healthy()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def valkey(stack_directory: Path) -> Iterator[Server]:
    """A Valkey for the whole run."""
    given = os.environ.get("ISTMO_REDIS_URL")
    if given:
        yield _GivenServer(given)
        return
    server = LocalValkey(stack_directory / "valkey", free_port())
    try:
        server.start()
        server.wait_healthy()
        yield server
    finally:
        server.kill()


@pytest.fixture
def topic_prefix() -> str:
    """What this test puts before its topics and consumer groups, so that it shares the broker with nobody."""
    return f"t{secrets.token_hex(4)}-"


@pytest.fixture
def schema_prefix(postgres: Server) -> Iterator[str]:
    """What this test puts before its schemas; every schema of that name is dropped afterwards."""
    prefix = f"t{secrets.token_hex(4)}_"
    yield prefix
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        # A test that leaves a transaction open fails here instead of hanging.
        connection.execute("SET lock_timeout = '10s'")
        found = connection.execute("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s)", (prefix,))
        for (name,) in found.fetchall():
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))
