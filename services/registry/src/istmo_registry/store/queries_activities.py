"""Reading activities and their reports, each with its label."""

import json
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from typing import Any

from istmo_common.disclosure import Label, Marked, Reader
from istmo_registry.domain.histories import StatedReport
from istmo_registry.domain.ids import ActivityId
from istmo_registry.store.snapshot import Database
from istmo_registry.store.visibility import admits, label_of, reader_params

__all__ = ["ActivityView", "activities_after", "activity_of", "reports_of"]

# A programme's id is the handle of its smallest member; while that has become restricted and the programme was not yet
# resolved again, there is none to show.
_VIEW = """a.id, a.handle, a.reporter, a.activity, a.state, a.clear, a.report, r.handle
    FROM activities a LEFT JOIN members m ON m.activity = a.id
    LEFT JOIN activities r ON r.id = m.root AND (r.clear IS TRUE OR r.id = a.id)"""


# Where nothing that counts says anything of an activity, there is only the row that fold has locked. Its id, which may
# have been published, goes on resolving for its reporter.
_TOLD_OF = "(a.state <> 'unknown' OR EXISTS (SELECT FROM transactions t WHERE t.activity = a.id))"


@dataclass(frozen=True, slots=True)
class ActivityView:
    """An activity with its newest report (without transactions; None where none came yet).

    `number` is its key within the tables, `label` its current one. `programme` is the id of the programme that it is
    in, if any.
    """

    number: int
    id: str
    name: ActivityId
    state: str
    report: dict[str, Any] | None
    programme: str | None
    label: Label


def _view(row: tuple[Any, ...]) -> Marked[ActivityView]:
    number, handle, reporter, activity, state, clear, report, programme = row
    content = None if report is None else json.loads(report)
    label = label_of(clear, reporter)
    return Marked(ActivityView(number, handle, ActivityId(reporter, activity), state, content, programme, label), label)


async def activity_of(database: Database, handle: str) -> Marked[ActivityView] | None:
    """The activity of this handle."""
    cursor = await database.execute(f"SELECT {_VIEW} WHERE a.handle = %(handle)s", {"handle": handle})
    row = await cursor.fetchone()
    return None if row is None else _view(row)


async def activities_after(
    database: Database,
    reader: Reader,
    *,
    reporter: str | None,
    activity: str | None,
    after: ActivityId | None,
    limit: int,
) -> list[Marked[ActivityView]]:
    """At most `limit` activities in the order of their names, those after `after`, of a reporter or an identifier."""
    cursor = await database.execute(
        f"""SELECT {_VIEW}
            WHERE {admits("a.clear", "a.reporter")} AND {_TOLD_OF}
              AND (%(reporter)s::text IS NULL OR a.reporter = %(reporter)s)
              AND (%(activity)s::text IS NULL OR a.activity = %(activity)s)
              AND (%(after_reporter)s::text IS NULL
                   OR (a.reporter, a.activity) > (%(after_reporter)s, %(after_activity)s))
            ORDER BY a.reporter, a.activity LIMIT %(limit)s""",
        {
            "reporter": reporter,
            "activity": activity,
            "after_reporter": after and after.reporter,
            "after_activity": after and after.activity,
            "limit": limit,
            **reader_params(reader),
        },
    )
    return [_view(row) async for row in cursor]


async def reports_of(database: Database, activity: ActivityView) -> AsyncGenerator[Marked[StatedReport], None]:
    """The reports that count about an activity, in the order of versions; each under its own label and the current one.

    A withdrawal shows nothing of its own: it goes with the report that it ends.
    """
    reporter = activity.name.reporter
    label = label_of(None, reporter)
    async with database.cursor("reports") as cursor:
        await cursor.execute(
            """SELECT c.type, c.standing, c.recorded, c.event_time, c.clear, c.data
               FROM copies c JOIN event_ids e ON e.id = c.event_id
               WHERE c.activity = %(activity)s AND c.stands AND c.type IN ('activity.reported', 'activity.withdrawn')
               ORDER BY c.standing = 'owner', least(c.event_time, c.recorded), c.recorded,
                   e.partner, e.source, e.event, c.content_hash""",
            {"activity": activity.number},
        )
        async for kind, standing, recorded, time, clear, data in cursor:
            if kind == "activity.withdrawn":
                report = StatedReport("withdrawn", standing, recorded, time, None, None)
            else:
                label = label_of(clear, reporter).meet(activity.label)
                content = json.loads(data)
                listed = _listed(content.pop("transactions", None), label, reporter)
                report = StatedReport("reported", standing, recorded, time, content, listed)
            yield Marked(report, label)


def _listed(
    transactions: Iterable[dict[str, Any]] | None, label: Label, reporter: str
) -> tuple[Marked[dict[str, Any]], ...] | None:
    if transactions is None:
        return None
    return tuple(Marked(stated, label_of(_is_clear(stated), reporter).meet(label)) for stated in transactions)


def _is_clear(transaction: dict[str, Any]) -> bool:
    marking = transaction.get("marking")
    return marking is None or bool(marking["tlp"] == "CLEAR")
