"""Fixtures of notify on real servers."""

from collections.abc import AsyncIterator

import pytest

from istmo_notify_samples.bench import Bench, open_bench
from istmo_stack.testing import Server


@pytest.fixture
async def bench(postgres: Server, schema_prefix: str) -> AsyncIterator[Bench]:
    """Notify on tables of its own, fed by hand."""
    async with open_bench(postgres.url, schema_prefix) as bench:
        yield bench
