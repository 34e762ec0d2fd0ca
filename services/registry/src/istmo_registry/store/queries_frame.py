"""The first answer: counted money by country, line, goal, partner kind and year, from what is CLEAR alone."""

from dataclasses import dataclass
from typing import Any, Final, Literal

from istmo_common.disclosure import CLEAR, Marked
from istmo_registry.domain.frame import UNKNOWN_KIND, Cell, FramePart
from istmo_registry.domain.merges import kept_by
from istmo_registry.store.queries_merges import standing_merges
from istmo_registry.store.snapshot import Database

__all__ = ["FrameFilter", "YearKind", "frame_parts"]

YearKind = Literal["calendar", "us-fiscal"]

_YEARS: Final[dict[YearKind, str]] = {
    "calendar": "date_part('year', e.date)::int",
    # The fiscal year of the United States begins on 1 October and is named after the year in which it ends.
    "us-fiscal": "date_part('year', e.date + interval '3 months')::int",
}


@dataclass(frozen=True, slots=True)
class FrameFilter:
    """What of the frame: how years are counted, the first and last of them, a place, a currency."""

    year: YearKind = "calendar"
    first: int | None = None
    last: int | None = None
    country: str | None = None
    currency: str | None = None


# The payer is the named provider, else an outgoing line's reporter. A named provider from whom the reporter itself
# tells incoming money is a source, and the reporter pays.
_PARTS: Final = """
    WITH counted AS MATERIALIZED (
        SELECT e.activity, e.transaction, e.programme, e.type, e.date, e.currency, a.reporter, t.provider
        FROM entries e
        JOIN activities a ON a.id = e.activity AND a.clear AND a.state = 'standing'
        JOIN transactions t ON t.activity = e.activity AND t.transaction = e.transaction AND t.clear
        WHERE e.fate = 'counted' AND e.clear
    ), sources AS (
        SELECT DISTINCT reporter, provider FROM counted WHERE type IN ('1', '11') AND provider IS NOT NULL
    ), kinds AS (
        SELECT DISTINCT ON (identifier) identifier, kind FROM (
            SELECT i.identifier, o.kind, 1 AS rank, o.id FROM organisation_identifiers i
            LEFT JOIN unnest(%(merged)s::text[], %(kept)s::text[]) AS m (merged, kept) ON m.merged = i.organisation
            JOIN organisations o ON o.id = coalesce(m.kept, i.organisation)
            UNION ALL
            SELECT unnest(p.owns), p.kind, 2, p.id FROM partners p
        ) AS known (identifier, kind, rank, id) ORDER BY identifier, rank, id
    ), carsi AS (
        SELECT DISTINCT m.root FROM members m JOIN activities a ON a.id = m.activity
        WHERE a.names_carsi AND a.clear AND a.state = 'standing' AND m.root IS NOT NULL
    )
    SELECT e.currency, {year}, s.country, s.line, s.goal, coalesce(k.kind, %(unknown)s), e.type, c.root IS NOT NULL,
        sum(s.amount)
    FROM counted e
    JOIN entry_splits s ON s.activity = e.activity AND s.transaction = e.transaction
    LEFT JOIN sources o ON o.reporter = e.reporter AND o.provider = e.provider
    LEFT JOIN kinds k ON k.identifier = CASE
        WHEN e.type IN ('1', '11') THEN e.provider
        WHEN e.provider IS NULL OR o.provider IS NOT NULL THEN e.reporter
        ELSE e.provider END
    LEFT JOIN carsi c ON c.root = e.programme
    WHERE (%(first)s::int IS NULL OR {year} >= %(first)s) AND (%(last)s::int IS NULL OR {year} <= %(last)s)
      AND (%(country)s::text IS NULL OR s.country = %(country)s)
      AND (%(currency)s::text IS NULL OR e.currency = %(currency)s)
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"""


async def frame_parts(database: Database, wanted: FrameFilter) -> Marked[list[FramePart]]:
    """The sums, in no order. All lines are CLEAR, and so is every sum.

    An organisation that was merged into another one is of that one's kind.
    """
    kept = kept_by(await standing_merges(database))
    params: dict[str, Any] = {
        "first": wanted.first,
        "last": wanted.last,
        "country": wanted.country,
        "currency": wanted.currency,
        "unknown": UNKNOWN_KIND,
        "merged": list(kept),
        "kept": list(kept.values()),
    }
    cursor = await database.execute(_PARTS.replace("{year}", _YEARS[wanted.year]), params)
    return Marked([FramePart(Cell(*row[:6]), *row[6:]) async for row in cursor], CLEAR)
