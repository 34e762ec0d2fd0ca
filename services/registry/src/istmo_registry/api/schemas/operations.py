"""What operators are told."""

from datetime import datetime

from istmo_common.watching import LagDocument, QueueDocument
from istmo_registry.api.schemas.common import Document

__all__ = ["ParkedDocument", "ProgressDocument", "SentAgain"]


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

    partitions: list[LagDocument]
    dirty: int
    work: int
    outbox: int
    queues: list[QueueDocument]
    parked: list[ParkedDocument]
    stuck: list[str]


class SentAgain(Document):
    """How many activities, and how many records of the log, are tried again."""

    activities: int
    records: int
