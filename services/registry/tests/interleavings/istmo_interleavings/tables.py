"""A schema with the registry's tables, made once, emptied and filled again quickly."""

from importlib.resources import files
from typing import Any, Final

import psycopg
from psycopg.conninfo import make_conninfo

import istmo_registry.store

__all__ = ["Connection", "Tables"]

Connection = psycopg.Connection[tuple[Any, ...]]

_SPARED: Final = {"lanes"}
_TRUNCATE_EVERY: Final = 200


class Tables:
    """The registry's tables in a schema of their own."""

    def __init__(self, url: str, schema: str) -> None:
        self.schema = schema
        self.conninfo = make_conninfo(url, options=f"-c search_path={schema} -c timezone=UTC -c synchronous_commit=off")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {schema}".encode())
        self.control = self.connect()
        folder = files(istmo_registry.store) / "migrations"
        for file in sorted(folder.iterdir(), key=lambda file: file.name):
            if file.name.endswith(".sql"):
                self.control.execute(file.read_bytes())
        # Generated columns are not written, and come out the same.
        found = self.control.execute(
            """SELECT table_name, string_agg(column_name, ', ') FROM information_schema.columns
               WHERE table_schema = current_schema() AND is_generated = 'NEVER' GROUP BY table_name"""
        )
        columns = dict(found)
        self.names = frozenset(columns)
        self._columns = {name: columns[name] for name in columns.keys() - _SPARED}
        self._names = sorted(self._columns)
        self._saved: list[tuple[list[str], list[list[Any]]]] = []
        self._rounds = 0

    def connect(self) -> Connection:
        """A connection as production has it, but for durability, and quick to tell a deadlock."""
        connection = psycopg.connect(self.conninfo, autocommit=True)
        connection.execute("SET deadlock_timeout = '20ms'")
        return connection

    def empty(self) -> None:
        """Empty all tables. Deleting from small tables is far quicker than truncating, but leaves dead rows behind."""
        self._rounds += 1
        self.control.execute("UPDATE lanes SET holder = NULL, until = '-infinity' WHERE holder IS NOT NULL")
        if self._rounds % _TRUNCATE_EVERY == 1:
            self.control.execute(f"TRUNCATE {', '.join(self._names)}".encode())
        else:
            self.control.execute("; ".join(f"DELETE FROM {name}" for name in self._names).encode())

    def save(self) -> int:
        """Keep what the tables hold, under a number."""
        number = len(self._saved)
        filled = [name for name in self._names if self.control.execute(f"SELECT FROM {name} LIMIT 1".encode()).rowcount]
        for name in filled:
            self.control.execute(f"CREATE TABLE saved_{number}_{name} AS TABLE {name}".encode())
        self._saved.append((filled, self._numbers()))
        return number

    def restore(self, number: int) -> None:
        """Have the tables hold what was kept. Numbers given to rows go on from where they were."""
        self.empty()
        filled, numbers = self._saved[number]
        filling = "; ".join(
            f"INSERT INTO {name} ({self._columns[name]}) OVERRIDING SYSTEM VALUE "
            f"SELECT {self._columns[name]} FROM saved_{number}_{name}"
            for name in filled
        )
        if filling:
            self.control.execute(filling.encode())
        self.control.execute(
            """SELECT setval(name::regclass, coalesce(last, 1), last IS NOT NULL)
               FROM unnest(%b::text[], %b::bigint[]) AS n (name, last)""",
            numbers,
        )

    def forget(self, number: int) -> None:
        """Keep no longer what was kept under a number."""
        filled, _ = self._saved[number]
        self.control.execute("; ".join(f"DROP TABLE saved_{number}_{name}" for name in filled).encode())

    def _numbers(self) -> list[list[Any]]:
        """The sequences that number rows, and the last number that each gave, if any."""
        found = self.control.execute(
            "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = current_schema()"
        ).fetchall()
        return [[name for name, _ in found], [last for _, last in found]]

    def close(self) -> None:
        """Drop the schema, and close the connection."""
        self.control.execute(f"DROP SCHEMA {self.schema} CASCADE".encode())
        self.control.close()
