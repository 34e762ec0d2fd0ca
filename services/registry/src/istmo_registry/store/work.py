"""Activities whose programme must be resolved again, and how far that reaches."""

from collections.abc import Collection, Iterable
from decimal import Decimal

from istmo_registry.store.statement import Statement, columns

__all__ = ["WORK", "claim_inside", "claim_work", "delete_work", "insert_work", "read_reached"]

WORK = "work"
"""The channel that wakes *resolve*."""

_LIKELY = """verdict = 'possibly-same' AND score >= %(mutual_line)s AND
    (SELECT reporter FROM activities WHERE id = a) <> (SELECT reporter FROM activities WHERE id = b)"""


def insert_work(rows: Iterable[tuple[int, str | None]]) -> Statement:
    """(activity, traceparent)."""
    return Statement(
        "work: insert",
        """INSERT INTO work (activity, traceparent)
           SELECT * FROM unnest(%(activity)b::bigint[], %(traceparent)b::text[])""",
        columns(("activity", "traceparent"), rows),
    )


def claim_work(limit: int) -> Statement:
    """Take rows that nobody holds, with all free rows of the same activities: (id, activity, traceparent, since)."""
    return Statement(
        "work: claim",
        """DELETE FROM work WHERE id = ANY(ARRAY(
               SELECT id FROM work WHERE activity = ANY(ARRAY(
                   SELECT activity FROM work ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED))
               FOR UPDATE SKIP LOCKED))
           RETURNING id, activity, traceparent, since""",
        {"limit": limit},
    )


def claim_inside(activities: Collection[int]) -> Statement:
    """Take the free rows of these activities: (id, activity, traceparent, since)."""
    return Statement(
        "work: claim inside",
        """DELETE FROM work WHERE id = ANY(ARRAY(
               SELECT id FROM work WHERE activity = ANY(%(activities)b::bigint[]) FOR UPDATE SKIP LOCKED))
           RETURNING id, activity, traceparent, since""",
        {"activities": list(activities)},
    )


def delete_work(ids: Collection[int]) -> Statement:
    """Take away these rows."""
    return Statement("work: delete", "DELETE FROM work WHERE id = ANY(%(ids)b::bigint[])", {"ids": list(ids)})


def read_reached(activities: Collection[int], mutual_line: Decimal) -> Statement:
    """One step further: (activity, whether it is inside, with which of these it is likely one).

    Inside is who is stored in the programmes of these activities, or in one that was cut off from them, and who is the
    same. Else who is possibly the same, funds or is funded, or shares a stored finding. Likely one are two reporters'
    that are possibly the same and reach `mutual_line`: what decides it are the pairs of both of them.
    """
    return Statement(
        "reach: read",
        f"""SELECT other.activity, true, NULL::bigint FROM members mine JOIN members other ON other.root = mine.root
            WHERE mine.activity = ANY(%(activities)b::bigint[])
            UNION
            SELECT other.activity, true, NULL FROM members mine JOIN members other ON other.piece = mine.piece
            WHERE mine.activity = ANY(%(activities)b::bigint[])
            UNION
            SELECT b, verdict = 'same', CASE WHEN {_LIKELY} THEN a END
            FROM pairs WHERE a = ANY(%(activities)b::bigint[]) AND (verdict <> 'linked' OR kind = 'funds')
            UNION
            SELECT a, verdict = 'same', CASE WHEN {_LIKELY} THEN b END
            FROM pairs WHERE b = ANY(%(activities)b::bigint[]) AND (verdict <> 'linked' OR kind = 'funds')
            UNION
            SELECT b, false, NULL FROM finding_support WHERE a = ANY(%(activities)b::bigint[])
            UNION
            SELECT a, false, NULL FROM finding_support WHERE b = ANY(%(activities)b::bigint[])""",
        {"activities": list(activities), "mutual_line": mutual_line},
    )
