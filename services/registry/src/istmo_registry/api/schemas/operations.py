"""What operators are told."""

from datetime import datetime
from typing import Any, Final

from pydantic import ConfigDict

from istmo_common.watching import LagDocument, QueueDocument
from istmo_registry.api.schemas.common import Document

__all__ = ["ParkedDocument", "ProgressDocument", "SentAgain"]

_PROGRESS: Final[dict[str, Any]] = {
    "partitions": [{"topic": "activities", "partition": 2, "stored": 1040, "end": 1043, "lag": 3}],
    "dirty": 2,
    "work": 5,
    "outbox": 1,
    "queues": [
        {"stage": "match", "rows": 2, "oldest_seconds": 0.04},
        {"stage": "resolve", "rows": 5, "oldest_seconds": 0.11},
        {"stage": "relay", "rows": 1, "oldest_seconds": 0.01},
    ],
    "parked": [],
    "stuck": [],
}


class ParkedDocument(Document):
    """What a stage set aside, and why."""

    what: str
    error: str
    since: datetime


class ProgressDocument(Document):
    """How far the registry is with the log, how many rows wait between its stages, and what is parked.

    `queues` tells the same of `dirty` (match), `work` (resolve) and `outbox` (relay), with the age of the oldest row.
    `stuck` names what waits longer than it should.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_PROGRESS]})

    partitions: list[LagDocument]
    dirty: int
    work: int
    outbox: int
    queues: list[QueueDocument]
    parked: list[ParkedDocument]
    stuck: list[str]


class SentAgain(Document):
    """How many activities, and how many records of the log, are tried again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"activities": 1, "records": 2}]})

    activities: int
    records: int
