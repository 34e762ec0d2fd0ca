"""Fixtures of the stages' tests."""

import secrets
from collections.abc import Iterator

import pytest
from istmo_interleavings.arena import Arena
from istmo_interleavings.tables import Connection, Tables

from istmo_stack.testing import Server


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
