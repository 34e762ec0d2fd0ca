"""What the registry noticed, and what each finding rests on. A finding's row is never deleted: it keeps the version."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from istmo_registry.store.statement import Statement, columns

__all__ = [
    "FindingRow",
    "SupportRow",
    "delete_support",
    "insert_findings",
    "insert_support",
    "lock_findings",
    "read_support",
    "read_supported",
    "update_findings",
]


class FindingRow(NamedTuple):
    """A finding as published; `content` is the last `finding.raised` without its version, None while cleared.

    `sides` is a JSON list of [reporter, activity]; `basis` the digest of what the content was composed of.
    """

    key: str
    kind: str
    reporter: str
    other: str | None
    sides: str
    version: int
    content: str | None
    basis: str | None = None


class SupportRow(NamedTuple):
    """What a finding rests on: a pair (a < b by row id), or one activity (a = b)."""

    a: int
    b: int
    finding: str


def read_support(activities: Collection[int]) -> Statement:
    """What findings rest on that has an end among these activities, as `SupportRow`."""
    return Statement(
        "support: read",
        """SELECT a, b, finding FROM finding_support WHERE a = ANY(%(activities)b::bigint[])
           UNION
           SELECT a, b, finding FROM finding_support WHERE b = ANY(%(activities)b::bigint[])""",
        {"activities": list(activities)},
    )


def insert_findings(rows: Iterable[FindingRow]) -> Statement:
    """Give a row to every finding that has none, in order: (key,) of those that had none.

    Nobody else sees these rows before they are committed.
    """
    return Statement(
        "findings: insert",
        f"""INSERT INTO findings ({", ".join(FindingRow._fields)})
            SELECT * FROM unnest(%(key)b::text[], %(kind)b::text[], %(reporter)b::text[], %(other)b::text[],
                %(sides)b::text[], %(version)b::bigint[], %(content)b::text[], %(basis)b::text[])
                AS n ({", ".join(FindingRow._fields)})
            ORDER BY key COLLATE "C"
            ON CONFLICT (key) DO NOTHING
            RETURNING key""",
        columns(FindingRow._fields, rows),
    )


def lock_findings(keys: Collection[str]) -> Statement:
    """Lock these findings in the order of keys, as `FindingRow`."""
    return Statement(
        "findings: lock",
        f"""SELECT {", ".join(FindingRow._fields)} FROM findings WHERE key = ANY(%(keys)b::text[])
            ORDER BY key FOR NO KEY UPDATE""",
        {"keys": list(keys)},
    )


def delete_support(gone: Iterable[SupportRow]) -> Statement:
    """Take away what findings rest on no more."""
    return Statement(
        "support: delete",
        """DELETE FROM finding_support s USING unnest(%(a)b::bigint[], %(b)b::bigint[], %(finding)b::text[])
               AS n (a, b, finding)
           WHERE s.a = n.a AND s.b = n.b AND s.finding = n.finding""",
        columns(SupportRow._fields, gone),
    )


def insert_support(new: Iterable[SupportRow]) -> Statement:
    """Put down what findings rest on."""
    return Statement(
        "support: insert",
        """INSERT INTO finding_support (a, b, finding)
           SELECT * FROM unnest(%(a)b::bigint[], %(b)b::bigint[], %(finding)b::text[])""",
        columns(SupportRow._fields, new),
    )


def read_supported(keys: Collection[str]) -> Statement:
    """Which of these findings still rest on something: (key,)."""
    return Statement(
        "support: what is left",
        "SELECT DISTINCT finding FROM finding_support WHERE finding = ANY(%(keys)b::text[])",
        {"keys": list(keys)},
    )


def update_findings(rows: Iterable[FindingRow]) -> Statement:
    """Write the version, content and basis of findings that are raised or cleared, or made of something else."""
    return Statement(
        "findings: update",
        """UPDATE findings f SET version = n.version, content = n.content, basis = n.basis
           FROM unnest(%(key)b::text[], %(version)b::bigint[], %(content)b::text[], %(basis)b::text[])
               AS n (key, version, content, basis)
           WHERE f.key = n.key""",
        columns(
            ("key", "version", "content", "basis"), ((row.key, row.version, row.content, row.basis) for row in rows)
        ),
    )
