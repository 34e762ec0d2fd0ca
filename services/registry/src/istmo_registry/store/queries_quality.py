"""Reading what a reporter may mend in its own data, activities that are, or may be, one work; and what the desk may."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from istmo_common.disclosure import Marked, Reader
from istmo_registry.domain.ids import ActivityId
from istmo_registry.store.queries_pairs import End
from istmo_registry.store.snapshot import Database
from istmo_registry.store.visibility import admits, label_of, reader_params

__all__ = ["QualityLine", "quality_lines_after"]

QualityKind = Literal["fragments", "possible-duplicate", "too-many"]
_SHOWN: Final = 100
"""So many activities of a line are listed; their number is told all the same."""

# `own` is the smallest activity of the same reporter in the same programme: its fragments are told under its name.
_FRAGMENTS: Final = f"""
    SELECT a.reporter, a.activity, 'fragments', '', a.clear, NULL::numeric,
        (SELECT count(*) FROM members f WHERE f.root = m.root AND f.own = a.id),
        ARRAY(SELECT f.activity FROM members f JOIN activities b ON b.id = f.activity
              WHERE f.root = m.root AND f.own = a.id ORDER BY b.activity LIMIT {_SHOWN})
    FROM activities a JOIN members m ON m.activity = a.id AND m.own = a.id
    WHERE EXISTS (SELECT FROM members f WHERE f.root = m.root AND f.own = a.id AND f.activity <> a.id)"""
# One for two groups of fragments, however many pairs there are between them.
_QUESTIONS: Final = """
    SELECT DISTINCT a.reporter, a.activity, 'possible-duplicate', b.activity, a.clear AND b.clear, NULL::numeric, 2,
        ARRAY[a.id, b.id]
    FROM pairs p
    JOIN members one ON one.activity = p.a
    JOIN members two ON two.activity = p.b AND two.root <> one.root
    JOIN activities a ON a.id IN (one.own, two.own)
    JOIN activities b ON b.id IN (one.own, two.own) AND b.reporter = a.reporter AND b.activity > a.activity
    WHERE p.verdict = 'possibly-same'"""
# Of many reporters: the desk's alone.
_TOO_MANY: Final = f"""
    SELECT a.reporter, a.activity, 'too-many', '', p.clear, p.line, p.count, p.ids
    FROM (SELECT m.piece, bool_and(b.clear) AS clear, count(*) AS count,
              max(m.merge_line) AS line,
              (array_agg(b.id ORDER BY b.reporter, b.activity))[:{_SHOWN}] AS ids
          FROM members m JOIN activities b ON b.id = m.activity
          WHERE m.piece IS NOT NULL AND %(steward)s GROUP BY m.piece) p
    JOIN activities a ON a.id = p.piece"""


@dataclass(frozen=True, slots=True)
class QualityLine:
    """Activities of one reporter, `count` of them, the smallest first; `kind` tells what there is about them.

    Those of `too-many` are of several, and `merge_line` is the highest that joined them (none: people's word alone).
    `other` tells lines of one kind about one activity apart.
    """

    kind: QualityKind
    count: int
    merge_line: Decimal | None
    activities: list[End]
    other: str

    @property
    def position(self) -> tuple[str, str, str, str]:
        """Where it stands in the list."""
        return (*self.activities[0].name, self.kind, self.other)


async def quality_lines_after(
    database: Database, reader: Reader, *, after: tuple[str, ...] | None, limit: int
) -> list[Marked[QualityLine]]:
    """At most `limit` lines after the position `after`; of a steward's reader all, else those about its own."""
    reporter, activity, kind, other = after or (None, None, None, None)
    cursor = await database.execute(
        f"""SELECT l.reporter, l.kind, l.other, l.clear, l.line, l.count, ends.told
            FROM ({_FRAGMENTS} UNION ALL {_QUESTIONS} UNION ALL {_TOO_MANY})
                AS l (reporter, activity, kind, other, clear, line, count, ids)
            CROSS JOIN LATERAL (
                SELECT jsonb_agg(jsonb_build_array(e.handle, e.reporter, e.activity, e.report::jsonb -> 'title')
                                 ORDER BY e.reporter, e.activity) AS told
                FROM activities e WHERE e.id = ANY(l.ids)) AS ends
            WHERE {admits("l.clear", "l.reporter")} AND (%(steward)s OR {admits("false", "l.reporter")})
              AND (%(reporter)s::text IS NULL OR (l.reporter, l.activity, l.kind, l.other)
                   > (%(reporter)s, %(activity)s, %(kind)s, %(other)s))
            ORDER BY l.reporter, l.activity, l.kind, l.other LIMIT %(limit)s""",
        {
            "steward": reader.steward,
            "reporter": reporter,
            "activity": activity,
            "kind": kind,
            "other": other,
            "limit": limit,
            **reader_params(reader),
        },
    )
    return [_line(row) async for row in cursor]


def _line(row: tuple[Any, ...]) -> Marked[QualityLine]:
    reporter, kind, other, clear, merge_line, count, told = row
    ends = [End(handle, ActivityId(*name), title or []) for handle, *name, title in told]
    return Marked(QualityLine(kind, count, merge_line, ends, other), label_of(clear, reporter))
