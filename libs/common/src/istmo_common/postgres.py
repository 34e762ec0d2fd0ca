"""PostgreSQL for a service: a pool whose connections look into the service's own schema, and its migrations."""

import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any, Final

from psycopg import AsyncConnection, sql
from psycopg.conninfo import make_conninfo
from psycopg_pool import AsyncConnectionPool

from istmo_common.errors import MigrationMismatch

__all__ = ["Pool", "migrate", "open_pool", "session_options"]

Pool = AsyncConnectionPool[AsyncConnection[Any]]

_FILE_NAME: Final = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_SCHEMA_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")

_APPLIED = """
CREATE TABLE IF NOT EXISTS applied_migrations (
    number     integer PRIMARY KEY,
    name       text COLLATE "C" NOT NULL,
    sha256     text COLLATE "C" NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


def session_options(schema: str) -> str:
    """What a connection sets as it opens: `schema` as its search path, UTC, and no compiling of plans.

    Statements here read a few rows by an index. In tables of millions the planner takes some of them for large enough
    to be compiled (from an estimate of 100,000 on), which costs more than executing them.
    """
    return f"-c search_path={schema} -c timezone=UTC -c jit=off"


@asynccontextmanager
async def open_pool(
    url: str,
    schema: str,
    *,
    min_size: int = 1,
    max_size: int = 8,
    timeout_seconds: float = 10.0,
    autocommit: bool = False,
) -> AsyncIterator[Pool]:
    """A pool of connections in UTC with `schema` as their search path, closed on leaving.

    `async with pool.connection() as connection` is one transaction (READ COMMITTED), committed on leaving. With
    `autocommit` each statement is one, at a third of the ways to the database, and those that belong together stand in
    `connection.transaction()`. Waiting for a connection is bounded by `timeout_seconds` (psycopg_pool.PoolTimeout). The
    schema need not exist yet.
    """
    _check_schema(schema)
    conninfo = make_conninfo(url, options=session_options(schema))
    pool: Pool = AsyncConnectionPool(
        conninfo,
        kwargs={"autocommit": autocommit},
        min_size=min_size,
        max_size=max_size,
        timeout=timeout_seconds,
        open=False,
        name=schema,
    )
    async with pool:
        yield pool


@dataclass(frozen=True, slots=True)
class _Migration:
    number: int
    name: str
    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


async def migrate(pool: Pool, schema: str, folder: Traversable) -> None:
    """Apply each `NNNN_name.sql` of `folder` that was not applied to `schema` yet, in order, each in a transaction.

    Processes that start at the same time wait for one another. `folder` is a package's, as
    `importlib.resources.files(package) / "migrations"`. Raises `MigrationMismatch` where an applied file is missing
    here or has changed since.
    """
    _check_schema(schema)
    migrations = _read(folder)
    async with pool.connection() as connection, _alone(connection, schema):
        await connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
        await connection.execute(_APPLIED)
        rows = await (await connection.execute("SELECT number, sha256 FROM applied_migrations")).fetchall()
        applied: dict[int, str] = dict(rows)
        _compare(schema, migrations, applied)
        for migration in migrations:
            if migration.number not in applied:
                await _apply(connection, migration)


@asynccontextmanager
async def _alone(connection: AsyncConnection[Any], schema: str) -> AsyncIterator[None]:
    # A lock of the session, not of a transaction: each migration commits on its own.
    before = connection.autocommit
    await connection.set_autocommit(True)
    lock = [f"istmo migrations of {schema}"]
    await connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", lock)
    try:
        yield
    finally:
        await connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", lock)
        await connection.set_autocommit(before)


async def _apply(connection: AsyncConnection[Any], migration: _Migration) -> None:
    async with connection.transaction():
        # The text is a committed file of the package, never input.
        await connection.execute(migration.text.encode())
        await connection.execute(
            "INSERT INTO applied_migrations (number, name, sha256) VALUES (%s, %s, %s)",
            [migration.number, migration.name, migration.sha256],
        )


def _read(folder: Traversable) -> list[_Migration]:
    found = {}
    for file in folder.iterdir():
        if not file.name.endswith(".sql"):
            continue
        match = _FILE_NAME.fullmatch(file.name)
        if match is None or int(match.group(1)) in found:
            raise MigrationMismatch(f"{file.name} is not named NNNN_name.sql with a number of its own")
        found[int(match.group(1))] = _Migration(int(match.group(1)), file.name, file.read_text(encoding="utf-8"))
    return [found[number] for number in sorted(found)]


def _compare(schema: str, migrations: list[_Migration], applied: dict[int, str]) -> None:
    known = {migration.number: migration for migration in migrations}
    for number, sha256 in sorted(applied.items()):
        if number not in known:
            raise MigrationMismatch(
                f"{schema} has migration {number:04}, which this program does not know: a newer program made these "
                "tables; start that one, or bring back the tables from before it"
            )
        if known[number].sha256 != sha256:
            raise MigrationMismatch(
                f"{known[number].name} has changed since it was applied to {schema}: bring the file back, and put "
                "the change in a new one"
            )


def _check_schema(schema: str) -> None:
    if _SCHEMA_NAME.fullmatch(schema) is None:
        raise ValueError(f"{schema!r} is no name for a schema: lower-case letters, digits and underscores")
