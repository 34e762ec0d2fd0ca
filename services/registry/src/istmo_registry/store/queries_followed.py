"""Following one report through the stages, for operators: what was kept of it, and what still waits."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from istmo_registry.domain.ids import EventKey
from istmo_registry.store.snapshot import Database

__all__ = ["MOST_REPORTS", "Arrival", "Content", "Followed", "Stage", "Waiting", "find_reports", "follow"]

MOST_REPORTS: Final = 50
_MOST_RECORDS: Final = 500
_MOST_JOINS: Final = 20

_FIND: Final = """
    SELECT DISTINCT partner, source, event FROM (
        SELECT partner, source, event FROM arrivals WHERE event = %(event)s
        UNION ALL SELECT partner, source, event FROM event_ids WHERE event = %(event)s) AS known
    WHERE (%(partner)s::text IS NULL OR partner = %(partner)s) AND (%(source)s::text IS NULL OR source = %(source)s)
    ORDER BY partner, source LIMIT %(limit)s"""
_CONTENTS: Final = """
    SELECT c.type, c.recorded, c.stands, a.id, a.reporter, a.activity, a.state, a.handle, r.handle
    FROM event_ids e JOIN copies c ON c.event_id = e.id JOIN activities a ON a.id = c.activity
    LEFT JOIN members m ON m.activity = a.id LEFT JOIN activities r ON r.id = m.root
    WHERE (e.partner, e.source, e.event) = (%(partner)s, %(source)s, %(event)s) ORDER BY c.stands DESC, c.recorded"""
_ARRIVALS: Final = """
    SELECT place, trace, recorded, began, ended, outcome,
        EXISTS (SELECT FROM arrivals o WHERE o.trace = n.trace AND o.event <> n.event) FROM arrivals n
    WHERE (partner, source, event) = (%(partner)s, %(source)s, %(event)s) ORDER BY began LIMIT %(limit)s"""
# What relay sent is known by its key: of a trace that others share, only what concerns the activity.
_RECORDS: Final = """
    SELECT trace, stage, subject, since, began, ended, outcome, onto FROM stage_records
    WHERE trace = %(trace)s::uuid AND began >= %(from)s AND (activity = ANY(%(activities)s) OR activity IS NULL AND (
        NOT %(shared)s OR subject IN (
            SELECT 'programmes/' || handle FROM activities WHERE id = ANY(%(activities)s)
            UNION SELECT 'programmes/' || r.handle FROM members m JOIN activities r ON r.id = m.root
                WHERE m.activity = ANY(%(activities)s)
            UNION SELECT 'findings/' || finding FROM finding_support
                WHERE a = ANY(%(activities)s) OR b = ANY(%(activities)s))))
    ORDER BY began LIMIT %(limit)s"""
_WAITING: Final = """
    SELECT 'match', since FROM dirty WHERE activity = ANY(%(activities)s)
    UNION ALL SELECT 'resolve', since FROM work WHERE activity = ANY(%(activities)s)
    UNION ALL SELECT 'relay', since FROM outbox WHERE substr(traceparent, 4, 32) = ANY(%(traces)s)
    ORDER BY since LIMIT %(limit)s"""
_PARKED: Final = """
    SELECT stage, error, since FROM parked WHERE activity = ANY(%(activities)s) OR subject = ANY(%(places)s)
    ORDER BY since LIMIT %(limit)s"""


class Content(NamedTuple):
    """A content of the report's id. `programme` is the id of the programme that its activity is in, if in any."""

    type: str
    recorded: datetime
    stands: bool
    number: int
    reporter: str
    activity: str
    state: str
    handle: str
    programme: str | None


class Arrival(NamedTuple):
    """One delivery of the report: where it stood in the log, when it was accepted, and what folding made of it."""

    place: str
    trace: str
    recorded: datetime
    began: datetime
    ended: datetime
    outcome: str


class Stage(NamedTuple):
    """What a stage did, under one trace."""

    trace: str
    stage: str
    subject: str | None
    since: datetime | None
    began: datetime
    ended: datetime
    outcome: str


class Waiting(NamedTuple):
    """A row that waits for a stage."""

    stage: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Followed:
    """All that is known of a report's way within the registry. `parked`: stage, error and since when."""

    contents: list[Content]
    arrivals: list[Arrival]
    stages: list[Stage]
    waiting: list[Waiting]
    parked: list[tuple[str, str, datetime]]


async def find_reports(database: Database, event: str, partner: str | None, source: str | None) -> list[EventKey]:
    """The reports of this event id that are known, 50 at most."""
    values = {"event": event, "partner": partner, "source": source, "limit": MOST_REPORTS}
    return [EventKey(*row) async for row in await database.execute(_FIND, values)]


async def follow(database: Database, report: EventKey) -> Followed:
    """The way of one report, within one snapshot; by way of the traces with which it was joined, too."""
    named = {"partner": report.partner, "source": report.source, "event": report.id, "limit": _MOST_RECORDS}
    contents = [Content(*row) async for row in await database.execute(_CONTENTS, named)]
    arrivals: list[Arrival] = []
    traces: dict[str, tuple[datetime, bool]] = {}
    async for place, trace, recorded, began, ended, outcome, shared in await database.execute(_ARRIVALS, named):
        arrivals.append(Arrival(place, trace.hex, recorded, began, ended, outcome))
        traces.setdefault(trace.hex, (began, shared))
    activities = sorted({content.number for content in contents})
    stages = await _stages(database, activities, traces)
    asked = {"activities": activities, "traces": list(traces), "limit": _MOST_RECORDS}
    waiting = [Waiting(*row) async for row in await database.execute(_WAITING, asked)]
    asked["places"] = [arrival.place for arrival in arrivals]
    parked = [row async for row in await database.execute(_PARKED, asked)]
    return Followed(contents, arrivals, stages, waiting, parked)


async def _stages(
    database: Database, activities: Collection[int], traces: dict[str, tuple[datetime, bool]]
) -> list[Stage]:
    """The records of these traces, and of those that they were joined with from then on; these are added."""
    found: list[Stage] = []
    to_read = list(traces)
    while to_read and len(traces) <= _MOST_JOINS:
        trace = to_read.pop(0)
        from_, shared = traces[trace]
        asked = {"trace": trace, "from": from_, "shared": shared, "activities": activities, "limit": _MOST_RECORDS}
        async for number, stage, subject, since, began, ended, outcome, onto in await database.execute(_RECORDS, asked):
            found.append(Stage(number.hex, stage, subject, since, began, ended, outcome))
            joined = [each.hex for each in onto if each.hex not in traces]
            traces |= dict.fromkeys(joined, (began, True))
            to_read += joined
    return sorted(found, key=lambda stage: stage.began)
