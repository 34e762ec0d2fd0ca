"""Everything that is decided, without row ids and versions: more than the export shows."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from istmo_interleavings.tables import Connection
from istmo_registry.store.outbox import OutboxRow

__all__ = ["decided", "inconsistencies"]

_NAMED = "(SELECT json_build_array(reporter, activity)::text FROM activities WHERE id = {})"


def _query(table: str, ids: list[str], columns: list[str], where: str = "TRUE") -> bytes:
    fields = [*(_NAMED.format(f"t.{column}") for column in ids), *(f"t.{column}::text" for column in columns)]
    return f"SELECT {', '.join(fields)} FROM {table} t WHERE {where}".encode()


_QUERIES = {
    "activity": _query(
        "activities",
        ["id"],
        [
            *("state", "clear", "older_report", "id_conflict", "report", "share", "parties"),
            *("titles", "reporters", "funders", "implementers"),
        ],
    ),
    "member": _query("members", ["activity", "root", "own", "piece"], ["merge_line"], "t.root IS NOT NULL"),
    "programme": _query("programmes", ["root"], ["clear", "outcome"], "t.outcome IS NOT NULL"),
    "finding": _query("findings", [], ["key", "content"], "t.content IS NOT NULL"),
    "pair": _query("pairs", ["a", "b"], ["verdict", "kind", "score", "evidence"]),
    "split": _query("entry_splits", ["activity"], ["transaction", "country", "line", "goal", "amount"]),
    "entry": _query(
        "entries",
        ["activity", "programme", "replaced_by_activity"],
        ["transaction", "measure", "value", "currency", "clear", "fate", "reason", "replaced_by_transaction"],
    ),
    "key": _query("blocking_keys", ["activity"], ["key"]),
    "count": _query("key_counts", [], ["key", "carriers"], "t.carriers <> 0"),
    "merge": _query("organisation_merges", [], ["id", "undoes", "kept", "merged", "data"]),
    "organisation": _query("directory", [], ["id", "version", "record"]),
    "transaction": _query("transactions", ["activity"], ["transaction", "clear", "digest", "data"]),
}


def decided(connection: Connection) -> list[str]:
    """One line for everything that is decided, sorted."""
    lines = []
    for kind, query in _QUERIES.items():
        for row in connection.execute(query).fetchall():
            named = sorted(row[:2]) + list(row[2:]) if kind == "pair" else list(row)
            lines.append(json.dumps([kind, *named]))
    return sorted(lines)


def inconsistencies(connection: Connection, sent: Sequence[OutboxRow]) -> list[str]:
    """What is at odds with itself when nothing waits any more. `sent`: all that was published, in order."""
    return [*_waiting(connection), *_unpublished(connection, sent)]


def _waiting(connection: Connection) -> Iterator[str]:
    for table in ("dirty", "work", "parked", "outbox"):
        count = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
        if count != (0,):
            yield f"{table} is not empty"


def _unpublished(connection: Connection, sent: Sequence[OutboxRow]) -> Iterator[str]:
    """Of each key the highest version must say what the tables say, and must have come last."""
    published: dict[tuple[str, str], tuple[int, Any]] = {}
    for row in sent:
        name, version = (row.topic, row.key.decode()), int(row.headers["ce_version"])
        if version <= published.get(name, (0, None))[0]:
            yield f"version {version} of {name} comes too late"
        published[name] = (version, None if row.value is None else json.loads(row.value))
    for name, version, said in _stored(connection):
        # What was there before a test began was sent before, too.
        last = published.get(name, (version, said))
        if last[0] != version or (said is not None and last[1] != said):
            yield f"what was published of {name} is not what is stored"


def _stored(connection: Connection) -> Iterator[tuple[tuple[str, str], int, Any]]:
    """(topic, key), version, and what was said; None for a tombstone and for a cleared finding."""
    programmes = connection.execute(
        "SELECT a.handle, p.version, p.outcome FROM programmes p JOIN activities a ON a.id = p.root"
    )
    for handle, version, outcome in programmes.fetchall():
        said = None if outcome is None else {"version": version, "outcomes": [json.loads(outcome)]}
        yield ("programmes", handle), version, said
    for key, version, content in connection.execute("SELECT key, version, content FROM findings").fetchall():
        yield ("findings", key), version, None if content is None else json.loads(content) | {"version": version}
