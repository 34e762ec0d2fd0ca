"""What the records of notify's topics say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from pydantic import ValidationError

from istmo_common.errors import InvalidEvent, UnknownType
from istmo_common.events.envelope import CloudEvent
from istmo_common.events.outcomes import FindingCleared, FindingRaised, ProgrammeChanged, ProgrammeOutcome
from istmo_common.events.values import Statement
from istmo_common.kafka.batches import RawRecord, read_event
from istmo_common.partners import PartnerRecord
from istmo_notify.domain.world import Finding

__all__ = ["TOPICS_READ", "FindingMessage", "Message", "PartnerMessage", "ProgrammeMessage", "read_message"]

TOPICS_READ: Final = ("findings", "partners", "programmes")

S = TypeVar("S", bound=Statement)


@dataclass(frozen=True, slots=True)
class ProgrammeMessage:
    """A programme of this topic key at a version; no outcomes where it was absorbed."""

    key: str
    version: int
    outcomes: tuple[ProgrammeOutcome, ...]


@dataclass(frozen=True, slots=True)
class FindingMessage:
    """A finding at a version, raised or cleared."""

    key: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class PartnerMessage:
    """A partner as it stands; None where it was removed."""

    id: str
    record: PartnerRecord | None


_FINDING_TYPES: Final[Mapping[str, type[FindingRaised | FindingCleared]]] = {
    "finding.raised": FindingRaised,
    "finding.cleared": FindingCleared,
}

Message = ProgrammeMessage | FindingMessage | PartnerMessage


def read_message(raw: RawRecord) -> Message:
    """What a record says. Raises `InvalidEvent`, whose text never repeats what the record carries."""
    event = read_event(raw)
    key = _text(raw.key)
    if raw.partition.topic == "partners":
        return PartnerMessage(key, None if event is None else _data(event, {"partner.changed": PartnerRecord}))
    if raw.partition.topic == "programmes":
        if event is None:
            return ProgrammeMessage(key, _version(raw), ())
        changed = _data(event, {"programme.changed": ProgrammeChanged})
        return ProgrammeMessage(key, changed.version, changed.outcomes)
    return _finding(event)


def _finding(event: CloudEvent | None) -> FindingMessage:
    if event is None:
        raise InvalidEvent("a finding is cleared by an event, not by a record without value")
    stated = _data(event, _FINDING_TYPES)
    raised = stated if isinstance(stated, FindingRaised) else None
    return FindingMessage(stated.key, Finding(stated.version, stated.kind, stated.reporter, stated.other, raised))


def _data(event: CloudEvent, models: Mapping[str, type[S]]) -> S:
    model = models.get(event.type)
    if model is None:
        raise UnknownType(f"this topic carries no event of the type {event.type!r}"[:200])
    try:
        return model.read(event.data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = "/".join(str(part) for part in first["loc"])
        raise InvalidEvent(f"the data breaks the contract at /{place}: {first['type']}") from None


def _text(key: bytes | None) -> str:
    try:
        text = (key or b"").decode()
    except UnicodeDecodeError:
        raise InvalidEvent("the key is not UTF-8") from None
    if "\x00" in text:
        raise InvalidEvent("the key has a NUL character")
    return text


def _version(raw: RawRecord) -> int:
    stated = raw.header("ce_version") or ""
    if not (stated.isascii() and stated.isdigit() and len(stated) < 19):
        raise InvalidEvent("a record without value needs its version in the header ce_version")
    return int(stated)
