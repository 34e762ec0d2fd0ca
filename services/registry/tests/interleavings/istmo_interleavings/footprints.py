"""What a statement touches, by its text: tables that it reads, and tables that it writes or locks."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Final

from istmo_registry.stages.relay import Send
from istmo_registry.store.statement import COMMIT, ROLLBACK, ROLLBACK_TO_SAVEPOINT, SAVEPOINT, Statement, notify

__all__ = ["Footprint", "Kind", "footprint"]


class Kind(Enum):
    """What a statement does, as far as another transaction can tell."""

    NOTHING = "nobody can tell that it was executed"
    BEGINS = "a transaction begins"
    READS = "reads what is committed, waits for nobody and has nobody wait"
    WRITES = "writes or locks, and may read"
    COMMITS = "a transaction ends, and others see what it wrote"
    ROLLS_BACK = "a transaction ends"
    ROLLS_BACK_TO_SAVEPOINT = "a transaction gives locks back"
    UNKNOWN = "anything"


@dataclass(frozen=True, slots=True)
class Footprint:
    """A kind of statement, and the tables that its text names.

    Of a beginning: `tables` are those that it locks, to share them with others or, as those in `alone`, not to.
    """

    kind: Kind
    tables: frozenset[str] = frozenset()
    alone: frozenset[str] = frozenset()


# A beginning takes no snapshot: in READ COMMITTED each statement has its own.
_BEGINNING: Final = re.compile(r"BEGIN ISOLATION LEVEL READ COMMITTED(; LOCK TABLE \w+ IN [A-Z ]+ MODE)*")
_LOCKS: Final = re.compile(r"LOCK TABLE (\w+) IN ([A-Z ]+) MODE")
# Nobody listens where the players play.
_FIXED: Final = {
    COMMIT.sql: Kind.COMMITS,
    ROLLBACK.sql: Kind.ROLLS_BACK,
    ROLLBACK_TO_SAVEPOINT.sql: Kind.ROLLS_BACK_TO_SAVEPOINT,
    SAVEPOINT.sql: Kind.NOTHING,
    notify("").sql: Kind.NOTHING,
}
# Of their arguments alone, but for the time, which decides nothing before a lease of a minute is over.
_HARMLESS: Final = {"ANY", "ARRAY", "clock_timestamp", "convert_from", "make_interval", "now", "substr", "unnest"}
_LOG: Final = Footprint(Kind.WRITES, frozenset({"the log"}))
_UNKNOWN: Final = Footprint(Kind.UNKNOWN)


def footprint(yielded: Statement | Send, tables: frozenset[str]) -> Footprint:
    """The footprint of what a stage yielded, where `tables` are all tables that there are."""
    return _LOG if isinstance(yielded, Send) else _of_text(yielded.sql, tables)


@cache
def _of_text(sql: str, tables: frozenset[str]) -> Footprint:
    if sql in _FIXED:
        return Footprint(_FIXED[sql])
    if _BEGINNING.fullmatch(sql):
        return _beginning(_LOCKS.findall(sql))
    words = re.findall(r"\w+", sql)
    named = tables.intersection(words)
    calls = set(re.findall(r"(\w+)\(", sql))
    if not named or ";" in sql or not calls <= _HARMLESS or any(word.startswith("pg_") for word in words):
        return _UNKNOWN
    if words[0] == "SELECT" and not {"FOR", "INTO"}.intersection(words):
        return Footprint(Kind.READS, named)
    if words[0] in {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}:
        # All of them, since a row that is read by a writer may be locked: which are not is not worth telling apart.
        return Footprint(Kind.WRITES, named)
    return _UNKNOWN


def _beginning(locks: Iterable[tuple[str, str]]) -> Footprint:
    # ACCESS SHARE, the gate, waits for ACCESS EXCLUSIVE alone, for which a plain reading would wait, too.
    modes = {(table, mode) for table, mode in locks if mode != "ACCESS SHARE"}
    if any(mode == "ACCESS EXCLUSIVE" for _, mode in modes):
        return _UNKNOWN
    shared = {"ROW SHARE", "ROW EXCLUSIVE"}
    alone = frozenset(table for table, mode in modes if mode not in shared)
    return Footprint(Kind.BEGINS, frozenset(table for table, _ in modes), alone)
