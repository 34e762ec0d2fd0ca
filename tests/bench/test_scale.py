"""The registry at scale: what is laid down is what the real way makes, and is like what really is reported."""

import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import psycopg
import pytest

from istmo_bench.scale import laying
from istmo_bench.scale.copying import Connection
from istmo_bench.scale.laying import batches, lay
from istmo_bench.scale.reports import activity_event
from istmo_bench.scale.traits import Traits
from istmo_bench.scale.works import tellings
from istmo_common.canonical import canonical_report
from istmo_common.events.activities import ActivityReported
from istmo_common.postgres import migrate, open_pool
from istmo_ingest.iati import read_activities
from istmo_registry.domain.handles import handle
from istmo_registry.domain.parameters import PARAMETERS
from istmo_registry.rebuilding.tables import DERIVED
from istmo_registry.stages.claims import Claim, Done
from istmo_registry.stages.fold import Batch, Folding, fold
from istmo_registry.stages.incoming import Incoming
from istmo_registry.stages.match import Matching, match
from istmo_registry.stages.publications import Publisher
from istmo_registry.stages.resolve import resolve
from istmo_registry.stages.running import Runner
from istmo_registry.workers import MIGRATIONS
from istmo_stack.testing import Server
from istmo_support.real_files import FILES

_HANDLE_KEY: Final = b"a key of thirty-two characters .."
_COUNT: Final = 700
_AT_ONCE: Final = 500
_APART: Final = {
    "hidden_titles": 0.03, "equal_titles": 0.1, "cut_titles": 0.1, "bilingual_titles": 0.1, "without_location": 0.1,
    "without_description": 0.01, "one_description_of_many": 0.05, "largest_reporter": 0.12, "five_reporters": 0.1,
    "commonest_start": 0.05, "unnamed_parties": 0.05, "references": 0.1, "keys": 2.0, "alone": 0.15, "in_ten": 0.06,
    "in_sixty_five": 0.01, "hottest_key": 0.05,
}  # fmt: skip
"""How far apart each trait may be."""
_HISTORY: Final = {"activities": {"feature_version"}, "programmes": {"version"}, "findings": {"version"}}
"""What counts how often something changed, which depends on the way."""


@pytest.fixture
async def schemas(postgres: Server) -> AsyncIterator[tuple[str, str]]:
    """Two empty registries."""
    made = (f"t{secrets.token_hex(4)}", f"t{secrets.token_hex(4)}")
    for schema in made:
        async with open_pool(postgres.url, schema) as pool:
            await migrate(pool, schema, MIGRATIONS)
    yield made
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        for schema in made:
            connection.execute(f"DROP SCHEMA {schema} CASCADE".encode())


@pytest.mark.timeout(300)
async def test_what_is_laid_is_what_the_stages_make(
    postgres: Server, schemas: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The figures are those of a registry that got there report by report: its tables are the same to the byte."""
    laid, real = schemas
    # Many pieces, so that pairs and findings reach from one into another.
    monkeypatch.setattr(laying, "_MATCHED", 100)
    monkeypatch.setattr(laying, "_RESOLVED", 30)
    events = [activity_event(telling, listed=True) for telling in tellings("laid", _COUNT)]

    assert _COUNT == lay(postgres.url, laid, events, _HANDLE_KEY, processes=2)
    await _fold_match_resolve(Runner(postgres.url, real, "test"), [Incoming.of(event) for event in events])

    with psycopg.connect(postgres.url) as connection:
        for table in sorted(DERIVED):
            assert _rows(connection, real, table) == _rows(connection, laid, table), table
        assert _rows(connection, laid, "findings")
        counted = connection.execute(f"SELECT key, carriers FROM {laid}.key_counts".encode()).fetchall()
        assert any(carriers > PARAMETERS.most_carriers(key) for key, carriers in counted), "no key is dead"


async def _fold_match_resolve(runner: Runner, incoming: Sequence[Incoming]) -> None:
    folding = Folding(partial(handle, _HANDLE_KEY), PARAMETERS)
    for some in batches(incoming, _AT_ONCE):
        await runner.run(fold(Batch(some), folding))
    publisher, matching = Publisher("2026-03-01T09:00:00Z"), Matching(PARAMETERS)
    while await runner.run(match(Claim(), matching, 100)) is not Done.NOTHING:
        pass
    while await runner.run(resolve(Claim(), publisher, 100)) is not Done.NOTHING:
        pass
    await runner.close()


def _rows(connection: Connection, schema: str, table: str) -> list[tuple[str, ...]]:
    """A table as sorted lines of text."""
    left_out = "".join(f" - '{name}'" for name in _HISTORY.get(table, ()))
    query = f"SELECT (to_jsonb(t){left_out})::text FROM {schema}.{table} t ORDER BY 1"
    return connection.execute(query.encode()).fetchall()


def test_what_is_made_up_is_like_what_really_is_reported(real_data: Path) -> None:
    """Whoever reads the figures may take them for those of real reports: what makes these hard is there as often."""
    real = [_clear(payload) for name in FILES for payload in _payloads(real_data / "iati" / name)]
    made = [ActivityReported.read(activity_event(one, listed=True).data) for one in tellings("scale", len(real))]

    found, wanted = Traits.of(made).figures(), Traits.of(real).figures()
    apart = {name: (found[name], wanted[name]) for name in wanted if abs(found[name] - wanted[name]) > _APART[name]}
    assert {} == apart


def _payloads(path: Path) -> Iterator[dict[str, object]]:
    return (read.payload for read in read_activities(path) if read.payload is not None)


def _clear(payload: dict[str, object]) -> ActivityReported:
    return ActivityReported.read(canonical_report({**payload, "marking": {"tlp": "CLEAR"}}))
