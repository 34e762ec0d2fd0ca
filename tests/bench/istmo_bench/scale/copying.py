"""Rows on their way into tables by COPY."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg import sql

__all__ = ["Connection", "Copying", "without_indexes"]

Connection = psycopg.Connection[tuple[Any, ...]]

_SHARED: Final = ("findings", "finding_support")
"""Tables of whose rows each side of a pair makes the same."""
_INDEXES: Final = """
    SELECT c.relname, pg_get_indexdef(i.indexrelid), coalesce(k.conname, ''), pg_get_constraintdef(k.oid)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u')
    WHERE i.indrelid = %s::regclass ORDER BY k.contype IS NULL, c.relname"""


class Copying:
    """Rows by table and columns, until they are written."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, tuple[str, ...]], list[Sequence[Any]]] = defaultdict(list)

    def add(self, table: str, columns: Mapping[str, Sequence[Any]]) -> None:
        """Rows as the statements of the stages carry them: one list for each column."""
        self._rows[table, tuple(columns)] += zip(*columns.values(), strict=True)

    def write(self, connection: Connection) -> None:
        """Write everything, in one transaction."""
        with connection.transaction(), connection.cursor() as cursor:
            for (table, columns), rows in self._rows.items():
                into = table
                if table in _SHARED:
                    into = f"new_{table}"
                    cursor.execute(f"CREATE TEMP TABLE {into} (LIKE {table}) ON COMMIT DROP".encode())
                names = sql.SQL(", ").join(map(sql.Identifier, columns))
                with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(into), names)) as copy:
                    for row in rows:
                        copy.write_row(row)
                if table in _SHARED:
                    # Sorted: two writers of the same rows wait for each other the same way round.
                    filled = f"INSERT INTO {table} SELECT * FROM {into} ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING"
                    cursor.execute(filled.encode())
        self._rows.clear()


@contextmanager
def without_indexes(connection: Connection, *tables: str) -> Iterator[None]:
    """Make the indexes of tables anew after they are filled: that is far quicker than filling them row by row."""
    made: list[str] = []
    for table in tables:
        for index, definition, constraint, stated in connection.execute(_INDEXES, [table]).fetchall():
            if constraint:
                connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}".encode())
                made.append(f"ALTER TABLE {table} ADD CONSTRAINT {constraint} {stated}")
            else:
                connection.execute(f"DROP INDEX {index}".encode())
                made.append(definition)
    yield
    for statement in made:
        connection.execute(statement.encode())
