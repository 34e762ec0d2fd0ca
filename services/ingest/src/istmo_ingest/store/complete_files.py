"""What complete files had, and what a later one of the same partner lacks."""

from collections.abc import Iterable
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from istmo_ingest.domain.imports import FiledActivity, MissingActivity
from istmo_ingest.store.database import JournalDatabase

__all__ = ["CompleteFiles"]

# An element that differs from an earlier one of its identifier is refused; the earlier one is what the file had.
_NOTE: Final = """
    INSERT INTO import_activities (import_id, reporter, activity, fate)
    SELECT %(import_id)s, * FROM unnest(%(reporter)s::text[], %(activity)s::text[], %(fate)s::text[])
    ON CONFLICT (import_id, reporter, activity) DO UPDATE SET fate = excluded.fate
        WHERE import_activities.fate <> 'reported'"""
# Of each activity the newest word of the earlier complete files. Imports are named in the order in which they began.
_MISSING: Final = """
    WITH own AS (SELECT reporter, activity, fate FROM import_activities WHERE import_id = %(import_id)s),
    earlier AS (
        SELECT DISTINCT ON (a.reporter, a.activity) a.reporter, a.activity, a.fate
        FROM imports i JOIN import_activities a USING (import_id)
        WHERE i.partner = %(partner)s AND i.import_id < %(import_id)s
          AND i.complete AND i.finished IS NOT NULL AND i.withdrawn IS NULL AND a.fate <> 'refused'
          AND a.reporter IN (SELECT reporter FROM own WHERE fate <> 'withdrawn')
        ORDER BY a.reporter, a.activity, i.import_id DESC)
    SELECT e.reporter, e.activity, o.fate IS NOT NULL AS withdrawn
    FROM earlier e LEFT JOIN own o USING (reporter, activity)
    WHERE e.fate = 'reported' AND (o.fate IS NULL OR o.fate = 'withdrawn')
      AND (e.reporter, e.activity) > (%(after_reporter)s COLLATE "C", %(after_activity)s COLLATE "C")
    ORDER BY e.reporter, e.activity LIMIT %(limit)s"""


class CompleteFiles:
    """The activities of complete files. Its methods raise `ImportsUnavailable` while the database is away."""

    def __init__(self, pool: "AsyncConnectionPool[AsyncConnection[Any]]") -> None:
        self._database = JournalDatabase(pool)

    async def note(self, import_id: str, activities: Iterable[FiledActivity]) -> None:
        """Keep what became of activities of an import's file; what was reported stays so."""
        fates = {(each.reporter, each.activity): each.fate for each in sorted(activities, key=_reported_last)}
        values = {
            "import_id": import_id,
            "reporter": [reporter for reporter, _ in fates],
            "activity": [activity for _, activity in fates],
            "fate": list(fates.values()),
        }
        await self._database.execute(_NOTE, values)

    async def missing(self, partner: str, import_id: str, after: tuple[str, str], limit: int) -> list[MissingActivity]:
        """The first `limit` activities behind `after` that earlier complete files had and this import's file lacks.

        Only of reporters that occur in the file. Earlier files count if their import was finished and is not withdrawn.
        """
        values = {
            "partner": partner,
            "import_id": import_id,
            "after_reporter": after[0],
            "after_activity": after[1],
            "limit": limit,
        }
        return [MissingActivity(**row) for row in await self._database.rows(_MISSING, values)]


def _reported_last(activity: FiledActivity) -> bool:
    return activity.fate == "reported"
