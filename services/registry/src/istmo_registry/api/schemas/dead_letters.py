"""What operators are told of dead letters, and what they ask for."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from istmo_registry.api.schemas.common import Document, Word

__all__ = ["LetterDocument", "LettersDocument", "PurgedDocument", "ReplayForm", "ReplayedDocument", "WantedForm"]

_PLACE: Final = "activities/2/17"
_LETTER: Final[dict[str, Any]] = {
    "place": _PLACE,
    "topic": "activities",
    "partition": 2,
    "offset": 17,
    "reason": "the data breaks the contract at /: json_invalid",
    "group": "registry-fold",
    "written": "2026-03-31T18:00:01.000000Z",
    "key": '["HN-GOV-9","HN-GOV-9-2024-017"]',
    "event": "2026-03-31/1",
    "outcome": None,
    "settled": None,
}
_SETTLED: Final = _LETTER | {"outcome": "replayed", "settled": "2026-03-31T19:12:00.000000Z"}
_REPLAYED: Final[dict[str, Any]] = {"sent": ["activities/0/4"], "settled_before": [_SETTLED], "failed": []}

PlaceText = Annotated[str, Field(pattern=r"^[a-z-]{1,60}/[0-9]{1,9}/[0-9]{1,18}$", examples=[_PLACE])]


class LetterDocument(Document):
    """A dead letter by the `place` of its original (topic/partition/offset). What the original says is not told."""

    place: str
    topic: str
    partition: int
    offset: int
    reason: str
    group: str
    written: datetime
    key: str | None
    event: str | None
    outcome: Literal["replayed", "purged"] | None
    settled: datetime | None


class LettersDocument(Document):
    """Dead letters, the oldest first, and how many there are of the kind asked for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"letters": [_LETTER], "total": 1}]})

    letters: list[LetterDocument]
    total: int


class WantedForm(Document):
    """Which letters: those of `places`, or of a topic, a reason, or `everything`. At least one must be stated."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"places": [_PLACE]}]})

    places: Annotated[list[PlaceText], Field(max_length=1000)] | None = None
    topic: Word = None
    reason: Word = None
    everything: bool = False


class ReplayForm(WantedForm):
    """`again`: those that were replayed or purged before, too."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"places": [_PLACE], "again": True}]})

    again: bool = False


class ReplayedDocument(Document):
    """The places of what was sent back, what had been settled before, and what the log did not take."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REPLAYED]})

    sent: list[str]
    settled_before: list[LetterDocument]
    failed: list[str]


class PurgedDocument(Document):
    """The places of what was put away."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"purged": [_PLACE]}]})

    purged: list[str]
