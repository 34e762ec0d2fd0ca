"""Fixtures of the stages' tests."""

import secrets
from collections import Counter
from collections.abc import Iterator
from typing import Final

import pytest
from istmo_interleavings.arena import Arena
from istmo_interleavings.tables import Connection, Tables

from istmo_stack.testing import Server

_PLAYED: Final = pytest.StashKey[Counter[str]]()


@pytest.fixture(scope="session")
def played(pytestconfig: pytest.Config) -> Counter[str]:
    """How many orders of each world were played, which the run says at its end."""
    return pytestconfig.stash.setdefault(_PLAYED, Counter())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how many orders ran."""
    played = config.stash.get(_PLAYED, Counter())
    if played:
        terminalreporter.section("interleavings")
        for world, orders in sorted(played.items()):
            terminalreporter.write_line(f"{orders:9,} orders of: {world}")
        terminalreporter.write_line(f"{played.total():9,} orders in {len(played)} worlds")


@pytest.fixture(scope="module")
def tables(postgres: Server) -> Iterator[Tables]:
    """The registry's tables, for the tests of one file."""
    made = Tables(postgres.url, f"t{secrets.token_hex(4)}_registry")
    yield made
    made.close()


@pytest.fixture
def connection(tables: Tables) -> Iterator[Connection]:
    """A connection to empty tables."""
    tables.empty()
    with tables.connect() as connection:
        yield connection


@pytest.fixture(scope="module")
def arena(tables: Tables) -> Iterator[Arena]:
    """Two players on the tables of this file."""
    made = Arena(tables)
    yield made
    made.close()
