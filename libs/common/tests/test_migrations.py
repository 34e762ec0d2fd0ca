"""Tables are made once, in order, by whoever starts first."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from istmo_common.errors import MigrationMismatch
from istmo_common.postgres import Pool, migrate, open_pool
from istmo_stack.testing import Server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two migrations."""
    (tmp_path / "0001_things.sql").write_text("CREATE TABLE things (id integer); INSERT INTO things VALUES (1);")
    (tmp_path / "0002_more.sql").write_text("INSERT INTO things VALUES (2);")
    (tmp_path / "readme.txt").write_text("not a migration")
    return tmp_path


async def _rows(pool: Pool, query: str) -> list[tuple[Any, ...]]:
    async with pool.connection() as connection:
        return await (await connection.execute(query.encode())).fetchall()


async def test_processes_that_start_together_migrate_once(postgres: Server, schema_prefix: str, folder: Path) -> None:
    """Several workers may start at the same time on an empty database."""
    schema = f"{schema_prefix}things"
    async with open_pool(postgres.url, schema, max_size=5) as pool:
        await asyncio.gather(*(migrate(pool, schema, folder) for _ in range(5)))
        await migrate(pool, schema, folder)
        assert [(1,), (2,)] == await _rows(pool, "SELECT id FROM things ORDER BY 1")
        assert [("UTC",)] == await _rows(pool, "SHOW timezone")
        assert [("off",)] == await _rows(pool, "SHOW jit")


async def test_a_new_file_is_applied_to_what_is_there(postgres: Server, schema_prefix: str, folder: Path) -> None:
    """An upgrade adds to the tables, and a migration that fails leaves nothing half done."""
    schema = f"{schema_prefix}things"
    async with open_pool(postgres.url, schema) as pool:
        await migrate(pool, schema, folder)
        broken = folder / "0003_last.sql"
        broken.write_text("INSERT INTO things VALUES (3); SELECT nonsense;")
        with pytest.raises(Exception, match="nonsense"):
            await migrate(pool, schema, folder)
        assert [(2,)] == await _rows(pool, "SELECT max(id) FROM things")
        broken.write_text("INSERT INTO things VALUES (3);")
        await migrate(pool, schema, folder)
        assert [(3,)] == await _rows(pool, "SELECT max(id) FROM things")


async def test_other_tables_than_ours_are_refused(postgres: Server, schema_prefix: str, folder: Path) -> None:
    """A program never runs on tables that another version made, nor on a migration changed behind its back."""
    schema = f"{schema_prefix}things"
    async with open_pool(postgres.url, schema) as pool:
        await migrate(pool, schema, folder)
        (folder / "0001_things.sql").write_text("CREATE TABLE things (id bigint);")
        with pytest.raises(MigrationMismatch, match=r"0001_things\.sql has changed"):
            await migrate(pool, schema, folder)
        (folder / "0001_things.sql").unlink()
        with pytest.raises(MigrationMismatch, match="migration 0001, which this program does not know"):
            await migrate(pool, schema, folder)


async def test_a_badly_named_file_is_refused(postgres: Server, schema_prefix: str, folder: Path) -> None:
    """A migration that would be passed over for its name is an error at start, not a missing column later."""
    schema = f"{schema_prefix}things"
    (folder / "3_more.sql").write_text("SELECT 1;")
    async with open_pool(postgres.url, schema) as pool:
        with pytest.raises(MigrationMismatch, match=r"3_more\.sql is not named"):
            await migrate(pool, schema, folder)
    with pytest.raises(ValueError, match="no name for a schema"):
        async with open_pool(postgres.url, "things; drop table x"):
            pass
