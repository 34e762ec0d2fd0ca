"""One SQL statement as a value. Stages yield them; whoever drives a stage executes them, and may pause in between."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

__all__ = [
    "BEGIN",
    "BEGIN_FOLD",
    "BEGIN_FOLD_OF_DIRECTORY",
    "COMMIT",
    "GATE",
    "ROLLBACK",
    "ROLLBACK_TO_SAVEPOINT",
    "SAVEPOINT",
    "Row",
    "Stage",
    "Statement",
    "array_literal",
    "columns",
    "each",
    "notify",
]

T = TypeVar("T")
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with named parameters (`%(name)b`: arrays travel in binary) and a name for spans and tests."""

    name: str
    sql: str
    params: Mapping[str, Any] = field(default_factory=dict)


Stage = Generator[Statement, list[Row], T]
"""A stage yields statements, is sent the rows of each, and returns what it did."""

GATE = "LOCK TABLE lanes IN ACCESS SHARE MODE"
"""Every transaction says this before it looks at any table: *rebuild* puts others in their place, and until then waits
for those that have begun, while those that begin wait for it. (It locks nothing that anybody else would wait for.)"""

BEGIN = Statement("begin", f"BEGIN ISOLATION LEVEL READ COMMITTED; {GATE}")
# *Rebuild* has fold alone stand still, so that the others come to rest: it must wait for that before it holds the gate.
_BEGIN_FOLD = f"BEGIN ISOLATION LEVEL READ COMMITTED; LOCK TABLE offsets IN ROW EXCLUSIVE MODE; {GATE}"
# Reports are read by one directory of organisations: see `istmo_registry.stages.directing`.
BEGIN_FOLD = Statement("begin", f"{_BEGIN_FOLD}; LOCK TABLE organisation_merges IN ROW SHARE MODE")
BEGIN_FOLD_OF_DIRECTORY = Statement("begin", f"{_BEGIN_FOLD}; LOCK TABLE organisation_merges IN EXCLUSIVE MODE")
COMMIT = Statement("commit", "COMMIT")
ROLLBACK = Statement("rollback", "ROLLBACK")
SAVEPOINT = Statement("savepoint", "SAVEPOINT unlocked")
ROLLBACK_TO_SAVEPOINT = Statement("rollback to savepoint", "ROLLBACK TO SAVEPOINT unlocked")


def notify(*channels: str) -> Statement:
    """Wake whoever listens on one of `channels` (of this schema) when the transaction commits."""
    return Statement(
        f"notify {' and '.join(channels)}",
        "SELECT pg_notify(current_schema() || '.' || channel, '') FROM unnest(%(channels)b::text[]) AS channel",
        {"channels": list(channels)},
    )


def each(statements: Iterable[Statement]) -> Stage[None]:
    """Statements one after the other, whose rows nobody needs."""
    for statement in statements:  # noqa: UP028 - `yield from` would send rows to a plain iterator, which takes none
        yield statement


def columns(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> dict[str, list[Any]]:
    """Rows as one array for each column, for `unnest`."""
    table = list(rows)
    return {name: [row[place] for row in table] for place, name in enumerate(names)}


def array_literal(texts: Iterable[str]) -> str:
    """A text array in PostgreSQL's own spelling, so that an array of arrays may be ragged."""
    escaped = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return "{" + ",".join(f'"{text}"' for text in escaped) + "}"
