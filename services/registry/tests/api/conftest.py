"""A registry for each test of the API."""

from collections.abc import AsyncIterator

import pytest

from istmo_registry_api.registry import Registry, open_registry
from istmo_stack.testing import Server


@pytest.fixture
async def registry(postgres: Server, schema_prefix: str) -> AsyncIterator[Registry]:
    """An empty registry without partners."""
    async with open_registry(postgres.url, schema_prefix) as opened:
        yield opened
