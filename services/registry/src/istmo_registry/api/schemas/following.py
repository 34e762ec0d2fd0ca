"""What operators are told of one report's way."""

from datetime import datetime

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

    reports: list[NamedReport]
    way: WayDocument | None
