"""Fixtures of the stages' tests."""

import secrets
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

import pytest
from istmo_interleavings.arena import Arena
from istmo_interleavings.tables import Connection, Tables

from istmo_stack.testing import Server

_TALLIES: Final = pytest.StashKey[dict[str, Counter[str]]]()


@pytest.fixture(scope="session")
def tallies(pytestconfig: pytest.Config) -> dict[str, Counter[str]]:
    """By world: how many orders there are, were played, and are equal to a played one. The run says it at its end."""
    return pytestconfig.stash.setdefault(_TALLIES, defaultdict(Counter))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how many orders ran, and for how many they stand."""
    tallies = config.stash.get(_TALLIES, {})
    if tallies:
        terminalreporter.section("interleavings")
        for world, tally in sorted(tallies.items()):
            terminalreporter.write_line(f"{_said(tally)}: {world}")
        terminalreporter.write_line(f"{_said(sum(tallies.values(), Counter()))} in {len(tallies)} worlds")


def _said(tally: Counter[str]) -> str:
    return f"{tally['orders']:7,} orders, {tally['played']:6,} played, {tally['equal']:7,} equal to a played one"


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
