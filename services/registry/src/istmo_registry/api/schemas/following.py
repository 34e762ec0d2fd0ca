"""What operators are told of one report's way."""

from datetime import datetime
from typing import Any, Final

from pydantic import ConfigDict

from istmo_registry.api.schemas.common import Document

__all__ = [
    "ArrivalDocument",
    "ContentDocument",
    "NamedReport",
    "ParkedStage",
    "ReportsFound",
    "StageDocument",
    "WaitingDocument",
    "WayDocument",
]

_TRACE: Final = "0af7651916cd43dd8448eb211c80319c"
_WAY: Final[dict[str, Any]] = {
    "contents": [
        {
            "type": "activity.reported",
            "recorded": "2026-03-31T18:00:00.000000Z",
            "stands": True,
            "reporter": "HN-GOV-9",
            "activity": "HN-GOV-9-2024-017",
            "state": "standing",
            "handle": "p-7q2zq5m4b3l6n2v4x5c6a7s2d3",
            "programme": "p-7q2zq5m4b3l6n2v4x5c6a7s2d3",
        }
    ],
    "arrivals": [
        {
            "place": "activities/2/1040",
            "trace": _TRACE,
            "recorded": "2026-03-31T18:00:00.000000Z",
            "began": "2026-03-31T18:00:00.006000Z",
            "ended": "2026-03-31T18:00:00.021000Z",
            "outcome": "new, goes to match",
        }
    ],
    "stages": [
        {
            "trace": _TRACE,
            "stage": "match",
            "subject": None,
            "since": "2026-03-31T18:00:00.006000Z",
            "began": "2026-03-31T18:00:00.024000Z",
            "ended": "2026-03-31T18:00:00.038000Z",
            "outcome": "went on",
        }
    ],
    "waiting": [{"stage": "resolve", "since": "2026-03-31T18:00:00.024000Z"}],
    "parked": [],
}
_FOUND: Final[dict[str, Any]] = {
    "reports": [{"partner": "secretaria-de-seguridad", "source": "/systems/projects", "event": "2026-03-31/1"}],
    "way": _WAY,
}


class NamedReport(Document):
    """A report by what identifies it: the partner that sent it, its source, and the id of its event."""

    partner: str
    source: str
    event: str


class ContentDocument(Document):
    """A content that came under the id: `stands` where it counts. `state` and `programme` are its activity's, now."""

    type: str
    recorded: datetime
    stands: bool
    reporter: str
    activity: str
    state: str
    handle: str
    programme: str | None


class ArrivalDocument(Document):
    """One delivery: `place` in the log, when it was accepted (`recorded`), when fold worked on it, what came of it."""

    place: str
    trace: str
    recorded: datetime
    began: datetime
    ended: datetime
    outcome: str


class StageDocument(Document):
    """What a stage did. It waited from `since`."""

    trace: str
    stage: str
    subject: str | None
    since: datetime | None
    began: datetime
    ended: datetime
    outcome: str


class WaitingDocument(Document):
    """What still waits for a stage."""

    stage: str
    since: datetime


class ParkedStage(Document):
    """What a stage set aside, and why."""

    stage: str
    error: str
    since: datetime


class WayDocument(Document):
    """The way of one report through the registry."""

    contents: list[ContentDocument]
    arrivals: list[ArrivalDocument]
    stages: list[StageDocument]
    waiting: list[WaitingDocument]
    parked: list[ParkedStage]


class ReportsFound(Document):
    """The reports of an event id; the way of it where there is exactly one."""

    model_config = ConfigDict(json_schema_extra={"examples": [_FOUND]})

    reports: list[NamedReport]
    way: WayDocument | None
