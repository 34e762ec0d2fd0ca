"""Activities that must be matched, or whose pairs must be checked; and candidates for pairs."""

from collections.abc import Collection, Iterable
from typing import Any, Final, Literal

from istmo_registry.domain.parameters import Parameters
from istmo_registry.store.statement import Statement, columns

__all__ = [
    "DIRTY", "Mode", "claim_dirty", "delete_dirty", "insert_dirty", "insert_dirty_carriers", "read_candidates",
    "read_candidates_of",
]  # fmt: skip

Mode = Literal["match", "check"]

DIRTY = "dirty"
"""The channel that wakes *match*."""

_LIVES: Final = """
    SELECT FROM key_counts WHERE key = mine.key AND carriers <= least(%(carrier_limit)s,
        (%(limits)b::int[])[array_position(%(kinds)b::text[], split_part(mine.key, ':', 1))])"""
"""Whether the key of `mine` lives."""


def insert_dirty(rows: Iterable[tuple[int, Mode, str | None]]) -> Statement:
    """(activity, mode, traceparent)."""
    return Statement(
        "dirty: insert",
        """INSERT INTO dirty (activity, mode, traceparent)
           SELECT * FROM unnest(%(activity)b::bigint[], %(mode)b::text[], %(traceparent)b::text[])""",
        columns(("activity", "mode", "traceparent"), rows),
    )


def insert_dirty_carriers(keys: Collection[str], mode: Mode) -> Statement:
    """Have every carrier of these keys looked at again."""
    return Statement(
        f"dirty: insert carriers to {mode}",
        """INSERT INTO dirty (activity, mode)
           SELECT DISTINCT activity, %(mode)s FROM blocking_keys
           WHERE key = ANY(%(keys)b::text[])""",
        {"keys": list(keys), "mode": mode},
    )


def claim_dirty(limit: int) -> Statement:
    """Take rows that nobody holds, with all free rows of their activities: (id, activity, mode, traceparent, since)."""
    return Statement(
        "dirty: claim",
        """DELETE FROM dirty WHERE id = ANY(ARRAY(
               SELECT id FROM dirty WHERE activity = ANY(ARRAY(
                   SELECT activity FROM dirty ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED))
               FOR UPDATE SKIP LOCKED))
           RETURNING id, activity, mode, traceparent, since""",
        {"limit": limit},
    )


def delete_dirty(ids: Collection[int]) -> Statement:
    """Take away these rows."""
    return Statement("dirty: delete", "DELETE FROM dirty WHERE id = ANY(%(ids)b::bigint[])", {"ids": list(ids)})


def read_candidates(activities: Collection[int], parameters: Parameters) -> Statement:
    """Who shares a live key with these activities, or is joined to one by a reference: (activity, other).

    Both orders of a pair come where both ends are asked for. (`OFFSET 0`: whatever the planner thinks of the size of
    the tables, each key and each reference is looked up in an index.)
    """
    return Statement(
        "candidates: read",
        f"""SELECT mine.activity, other.activity
           FROM blocking_keys mine
           CROSS JOIN LATERAL ({_LIVES} OFFSET 0) alive
           CROSS JOIN LATERAL (
               SELECT activity FROM blocking_keys WHERE key = mine.key AND activity <> mine.activity OFFSET 0) other
           WHERE mine.activity = ANY(%(activities)b::bigint[])
           UNION
           SELECT r.activity, a.id FROM activity_references r
           JOIN activities a ON a.activity = r.target AND a.matchable AND a.id <> r.activity
           WHERE r.activity = ANY(%(activities)b::bigint[])
           UNION
           SELECT a.id, r.activity FROM activities a
           CROSS JOIN LATERAL (
               SELECT activity FROM activity_references WHERE target = a.activity AND activity <> a.id OFFSET 0) r
           WHERE a.id = ANY(%(activities)b::bigint[]) AND a.matchable""",
        {"activities": list(activities), **_limits(parameters)},
    )


def read_candidates_of(pairs: Collection[tuple[int, int]], parameters: Parameters) -> Statement:
    """Which of these pairs are candidates as `read_candidates` finds them: (a, b)."""
    refers = """SELECT FROM activity_references r JOIN activities a ON a.activity = r.target AND a.matchable
                WHERE r.activity = {0} AND a.id = {1}"""
    return Statement(
        "candidates: read of pairs",
        f"""SELECT asked.a, asked.b FROM unnest(%(a)b::bigint[], %(b)b::bigint[]) AS asked (a, b)
           WHERE EXISTS (
               SELECT FROM blocking_keys mine
               CROSS JOIN LATERAL (
                   SELECT FROM blocking_keys WHERE key = mine.key AND activity = asked.b OFFSET 0) theirs
               CROSS JOIN LATERAL ({_LIVES} OFFSET 0) alive
               WHERE mine.activity = asked.a)
           OR EXISTS ({refers.format("asked.a", "asked.b")}) OR EXISTS ({refers.format("asked.b", "asked.a")})""",
        columns(("a", "b"), pairs) | _limits(parameters),
    )


def _limits(parameters: Parameters) -> dict[str, Any]:
    """Of how many carriers a key lives."""
    return {
        "carrier_limit": parameters.carrier_limit,
        "kinds": list(parameters.carrier_limits),
        "limits": list(parameters.carrier_limits.values()),
    }
