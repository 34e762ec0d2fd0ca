"""A file of activities as payloads that can be sent, and the refusals of those that cannot."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from istmo_common.canonical import canonical_report
from istmo_common.times import parse_time, states_zone
from istmo_ingest.domain.faults import Fault
from istmo_ingest.iati.activity import read_activity
from istmo_ingest.iati.cells import Cell, Placed, Text
from istmo_ingest.iati.node import Node, Notes
from istmo_ingest.iati.refusals import Refusal, contract_refusals, refusal_of
from istmo_ingest.iati.splits import ExceedingSplit
from istmo_ingest.iati.stream import Source, StreamedActivity, stream_activities

__all__ = ["ReadActivity", "read_activities"]


@dataclass(frozen=True, slots=True)
class ReadActivity:
    """One `iati-activity` of a file.

    Exactly one of these holds: `payload` can be sent once a marking is added; `refusals` say why it cannot; it
    `repeats` the equal element at that position. `event_time` is RFC 3339, UTC where the file states no zone.
    """

    position: int
    identifier: str | None = None
    reporter: str | None = None
    event_time: str | None = None
    time_without_zone: bool = False
    payload: dict[str, Any] | None = None
    refusals: tuple[Refusal, ...] = ()
    repeats: int | None = None
    exceeding: tuple[ExceedingSplit, ...] = ()
    dates_with_zone: int = 0
    kept_out: Counter[str] = field(default_factory=Counter)

    @property
    def place(self) -> str:
        """Where the element stands, as an XPath."""
        return _place(self.position)

    def refused(self, fault: Fault) -> Refusal:
        """A fault that ingest tells about the event of this activity, with its place in the file."""
        return refusal_of(self.payload if isinstance(self.payload, Placed) else Placed(self.place), fault)


def read_activities(source: Source, kept_out: Counter[str] | None = None) -> Iterator[ReadActivity]:
    """Every activity of an IATI 2.01 to 2.03 file, in its order, one in memory at a time.

    What stands beside the activities is counted in `kept_out`. Raises `UnreadableFile` where the file ends too soon.
    """
    seen: dict[tuple[str, str], tuple[int, bytes]] = {}
    for streamed in stream_activities(source, Counter() if kept_out is None else kept_out):
        yield _read(streamed, seen)


def _read(streamed: StreamedActivity, seen: dict[tuple[str, str], tuple[int, bytes]]) -> ReadActivity:
    position = streamed.position
    if streamed.element is None:
        return ReadActivity(position, refusals=(Refusal(_place(position), "too_many_elements"),))
    notes = Notes()
    node = Node(streamed.element, _place(position), notes)
    updated = node.attribute("last-updated-datetime")
    payload, exceeding = read_activity(node)
    node.finish()
    identity = payload.get("reporter", ""), payload.get("activity", "")
    digest = _digest(payload, updated)
    first, known = seen.setdefault(identity, (position, digest)) if all(identity) else (position, digest)
    repeats = first if first != position and known == digest else None
    refusals: tuple[Refusal, ...] = ()
    if repeats is None:
        refusals = (*_own_refusals(notes, updated, payload, first, position), *contract_refusals(payload))
    return ReadActivity(
        position,
        identifier=payload.get("activity"),
        reporter=payload.get("reporter"),
        event_time=_event_time(updated),
        time_without_zone=isinstance(updated, Text) and _is_time(updated) and not states_zone(updated),
        payload=None if refusals or repeats is not None else payload,
        refusals=refusals,
        repeats=repeats,
        exceeding=tuple(exceeding),
        dates_with_zone=notes.dates_with_zone,
        kept_out=notes.kept_out,
    )


def _own_refusals(notes: Notes, updated: Cell, payload: Placed, first: int, position: int) -> Iterator[Refusal]:
    """What the contract cannot see."""
    for place in sorted(notes.repeated):
        yield Refusal(place, "element_repeated")
    if isinstance(updated, Text) and not _is_time(updated):
        yield Refusal(updated.place, "time_form", updated[:80])
    if first != position:
        place = f"{_place(position)}/iati-identifier"
        yield Refusal(place, "identifier_repeated", payload["activity"][:80], values={"first": _place(first)})


def _is_time(cell: Text) -> bool:
    try:
        parse_time(cell)
    except ValueError:
        return False
    return True


def _event_time(updated: Cell) -> str | None:
    if not isinstance(updated, Text) or not _is_time(updated):
        return None
    return str(updated) if states_zone(updated) else f"{updated}Z"


def _digest(payload: Placed, updated: Cell) -> bytes:
    return hashlib.sha256(canonical_report([payload, updated or None])).digest()


def _place(position: int) -> str:
    return f"/iati-activities/iati-activity[{position}]"
