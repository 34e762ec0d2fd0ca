"""Pairs: two activities with a verdict that says something. In a row, a < b by row id."""

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import NamedTuple

from istmo_registry.store.statement import Statement, columns

__all__ = ["TOLD_VERDICT", "PairRow", "delete_pairs", "read_pairs", "read_scored", "upsert_pairs"]

TOLD_VERDICT = """CASE WHEN p.verdict = 'possibly-same' AND EXISTS (
    SELECT FROM members AS one JOIN members AS other ON one.root = other.root
    WHERE one.activity = p.a AND other.activity = p.b) THEN 'same' ELSE p.verdict END"""
"""The verdict of a pair `p` as people are told it: a question whose two ends are in one programme has its answer."""

_FIELDS = "a, b, verdict, kind, score, evidence"
_ENDS = "unnest(%(a)b::bigint[], %(b)b::bigint[])"


class PairRow(NamedTuple):
    """A pair; `evidence` as `explaining.kept` writes it."""

    a: int
    b: int
    verdict: str
    kind: str | None
    score: Decimal
    evidence: str


def read_pairs(activities: Collection[int]) -> Statement:
    """The pairs with at least one end among these activities, as `PairRow`."""
    return Statement(
        "pairs: read",
        f"""SELECT {_FIELDS} FROM pairs WHERE a = ANY(%(activities)b::bigint[])
            UNION
            SELECT {_FIELDS} FROM pairs WHERE b = ANY(%(activities)b::bigint[])""",
        {"activities": list(activities)},
    )


def read_scored(activities: Collection[int]) -> Statement:
    """The pairs with at least one end among these activities that are not linked, their ends by name.

    (a, its reporter and id, b, its reporter and id, verdict, score).
    """
    scored = """SELECT p.a, one.reporter, one.activity, p.b, other.reporter, other.activity, verdict, score
        FROM pairs p JOIN activities one ON one.id = p.a JOIN activities other ON other.id = p.b
        WHERE verdict <> 'linked'"""
    return Statement(
        "pairs: read scored",
        f"""{scored} AND p.a = ANY(%(activities)b::bigint[])
            UNION
            {scored} AND p.b = ANY(%(activities)b::bigint[])""",
        {"activities": list(activities)},
    )


def upsert_pairs(rows: Iterable[PairRow]) -> Statement:
    """Write pairs whose both ends are locked."""
    return Statement(
        "pairs: write",
        f"""INSERT INTO pairs ({_FIELDS})
            SELECT * FROM unnest(%(a)b::bigint[], %(b)b::bigint[], %(verdict)b::text[], %(kind)b::text[],
                %(score)b::numeric[], %(evidence)b::text[])
            ON CONFLICT (a, b) DO UPDATE SET verdict = excluded.verdict, kind = excluded.kind, score = excluded.score,
                evidence = excluded.evidence""",
        columns(PairRow._fields, rows),
    )


def delete_pairs(gone: Iterable[tuple[int, int]]) -> Statement:
    """Take away pairs whose both ends are locked."""
    return Statement(
        "pairs: delete",
        f"DELETE FROM pairs p USING {_ENDS} AS n (a, b) WHERE p.a = n.a AND p.b = n.b",
        columns(("a", "b"), gone),
    )
