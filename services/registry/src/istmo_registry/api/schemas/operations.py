"""What operators are told."""

from istmo_registry.api.schemas.common import Document

__all__ = ["ParkedDocument", "PartitionDocument", "ProgressDocument", "SentAgain"]


class PartitionDocument(Document):
    """`stored`: the number of the next record of this partition that is not folded yet."""

    topic: str
    partition: int
    stored: int


class ParkedDocument(Document):
    """What a stage set aside, and why."""

    what: str
    error: str


class ProgressDocument(Document):
    """How far the registry is with the log, how many rows wait between its stages, and what is parked."""

    partitions: list[PartitionDocument]
    dirty: int
    work: int
    outbox: int
    parked: list[ParkedDocument]


class SentAgain(Document):
    """How many activities are tried again."""

    activities: int
