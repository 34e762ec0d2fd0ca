"""Which events count: one report for each event id, and none of a withdrawn import."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from istmo_common.errors import InvalidEvent
from istmo_common.events.envelope import CloudEvent
from istmo_common.events.types import IMPORT_WITHDRAWN, Report, read_import_withdrawn, read_report
from istmo_common.times import parse_time

__all__ = ["Told", "reports_that_count"]

Order = tuple[bool, datetime, datetime, tuple[str, str, str], str]


@dataclass(frozen=True)
class Told:
    """A report that counts. `order` ranks it among the reports of its activity, the last one wins.

    `contradicted`: its event id came with another content too.
    """

    report: Report
    order: Order
    contradicted: bool

    @property
    def effective(self) -> datetime:
        """Its own time, or the recorded one if that is earlier or the only one."""
        return self.order[1]

    @property
    def recorded(self) -> datetime:
        """When it was accepted."""
        return self.order[2]


def reports_that_count(events: Iterable[CloudEvent]) -> list[Told]:
    """One report for each event id, whatever came how often in whatever order."""
    by_id: dict[tuple[str, str, str], list[tuple[datetime, str, str, str, CloudEvent]]] = {}
    readable: dict[str, Report | None] = {}
    events = list(events)
    withdrawn = _withdrawn_imports(events)
    for event in events:
        if (event.partner or "", event.import_id) in withdrawn:
            continue
        content = event.content_hash
        if content not in readable:
            readable[content] = _read(event)
        if readable[content] is None:
            continue
        arrival = (
            parse_time(event.recorded_time),
            content,
            event.standing or "custodian",
            event.import_id or "",
            event,
        )
        by_id.setdefault((event.partner or "", event.source, event.id), []).append(arrival)

    told = []
    for key, arrivals in by_id.items():
        recorded, content, standing, _, event = min(arrivals, key=lambda arrival: arrival[:4])
        effective = min(parse_time(event.time), recorded) if event.time else recorded
        report = readable[content]
        assert report is not None
        contradicted = len({arrival[1] for arrival in arrivals}) > 1
        told.append(Told(report, (standing == "owner", effective, recorded, key, content), contradicted))
    return told


def _withdrawn_imports(events: list[CloudEvent]) -> set[tuple[str, str | None]]:
    withdrawn: set[tuple[str, str | None]] = set()
    for event in events:
        if event.type == IMPORT_WITHDRAWN:
            try:
                withdrawn.add((event.partner or "", read_import_withdrawn(event).import_id))
            except InvalidEvent:
                continue
    return withdrawn


def _read(event: CloudEvent) -> Report | None:
    try:
        return read_report(event)
    except InvalidEvent:
        return None
