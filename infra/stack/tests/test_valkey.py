"""The local Valkey."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from istmo_stack.ports import LOOPBACK, free_port
from istmo_stack.valkey import LocalValkey

pytestmark = pytest.mark.stack


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LocalValkey]:
    """A server of the test's own, which it may kill, in a folder whose name has a space."""
    server = LocalValkey(tmp_path / "a folder", free_port())
    server.start()
    server.wait_healthy()
    yield server
    server.kill()


def _ask(server: LocalValkey, *commands: str) -> str:
    """Send commands, a line each; the last line of the answer."""
    port = int(server.url.rpartition(":")[2].partition("/")[0])
    with socket.create_connection((LOOPBACK, port), timeout=5) as connection, connection.makefile("r") as answers:
        connection.sendall("".join(f"{command}\r\n" for command in (*commands, "QUIT")).encode())
        return answers.readlines()[-2].strip()


def _login(server: LocalValkey) -> str:
    return f"AUTH {server.url.split(':')[2].split('@')[0]}"


def test_accepted_ids_survive_a_kill(server: LocalValkey) -> None:
    """An early refusal of a reused id works as before after Valkey was killed."""
    _ask(server, _login(server), "SET accepted yes")
    server.kill()
    server.start()
    server.wait_healthy()
    assert "yes" == _ask(server, _login(server), "GET accepted")


def test_it_asks_for_its_password(server: LocalValkey) -> None:
    """Another user of the machine cannot read what the platform keeps in Valkey."""
    assert "-NOAUTH Authentication required." == _ask(server, "GET accepted")
