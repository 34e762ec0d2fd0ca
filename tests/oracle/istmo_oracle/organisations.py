"""Records of organisations and their merges, plainly."""

import json
from collections.abc import Iterable

from istmo_common.events.envelope import CloudEvent
from istmo_common.events.organisations import OrganisationChanged
from istmo_common.times import parse_time
from istmo_registry.domain.directory import KNOWN_ORGANISATIONS, Directory

__all__ = ["directory_of", "standing_for"]

MERGES = {"organisation.merged", "organisation.merge-undone"}


def directory_of(events: Iterable[CloudEvent]) -> Directory:
    """The known organisations and those of the events, after those merges of the events that have not been undone."""
    events = list(events)
    told: dict[str, CloudEvent] = {}
    for event in sorted(events, key=lambda event: (parse_time(event.recorded_time), event.data)):
        if event.type in MERGES:
            told.setdefault(event.id, event)
    stated = {name: json.loads(event.data) for name, event in told.items()}
    undone = {data["undoes"] for data in stated.values() if "undoes" in data}
    standing = [
        (data["kept"], data["merged"]) for name, data in stated.items() if "undoes" not in data and name not in undone
    ]
    records = {record for pair in standing for record in pair}
    return Directory(_records(events), {record: standing_for(record, standing) for record in records})


def _records(events: Iterable[CloudEvent]) -> list[OrganisationChanged]:
    """The newest of each id; a known organisation unless one that was changed or made has its id or an identifier."""
    told = [OrganisationChanged.read(event.data) for event in events if event.type == "organisation.changed"]
    latest = {record.id: record for record in sorted(told, key=lambda record: record.version)}
    # A known organisation begins with what the platform knows of it.
    known = {one.id for one in KNOWN_ORGANISATIONS}
    newest = [record for record in latest.values() if record.version > 1 or record.id not in known]
    ids = {record.id for record in newest}
    taken = {identifier for record in newest for identifier in record.identifiers}
    return newest + [one for one in KNOWN_ORGANISATIONS if one.id not in ids and not taken & set(one.identifiers)]


def standing_for(record: str, merges: Iterable[tuple[str, str]]) -> str:
    """The record that stands for `record` after merges, each (kept, merged), none of which is undone."""
    pairs = set(merges)
    one = {record}
    while True:
        more = {end for pair in pairs if one & set(pair) for end in pair} - one
        if not more:
            break
        one |= more
    kept = [member for member in one if not any(merged == member for _, merged in pairs)]
    return min(kept or one)
