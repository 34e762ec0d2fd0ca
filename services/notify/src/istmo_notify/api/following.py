"""What operators are told of what became of a trace."""

from datetime import datetime

from pydantic import ConfigDict

from istmo_notify.api.examples import STAGES
from istmo_notify.api.schemas import Document

__all__ = ["StageDocument", "StagesDocument", "ToldDocument", "UndeliveredDocument"]


class StageDocument(Document):
    """What a stage did. It waited from `since`, where that is known."""

    trace: str
    stage: str
    subject: str | None
    since: datetime | None
    began: datetime
    ended: datetime
    outcome: str


class ToldDocument(Document):
    """An item that a list was told. `reader` is whose list it is, None for the public's."""

    view: str
    epoch: int
    number: int
    type: str
    told: datetime
    reader: str | None


class UndeliveredDocument(Document):
    """An item (subscription, epoch and number) that an endpoint has not taken yet, and how the endpoint does."""

    item: str
    told: datetime
    due: datetime
    failures: int
    paused: str | None
    last_reason: str | None


class StagesDocument(Document):
    """All that is known of some traces within notify."""

    model_config = ConfigDict(json_schema_extra={"examples": [STAGES]})

    stages: list[StageDocument]
    told: list[ToldDocument]
    undelivered: list[UndeliveredDocument]
