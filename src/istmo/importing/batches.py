"""The activities of a file as batches of events."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from istmo.importing.client import NamedActivity
from istmo_common.canonical import canonical_report
from istmo_common.events.values import Identifier, MarkingStatement
from istmo_ingest.iati import FileSummary, ReadActivity, UnreadableFile, read_activities

__all__ = ["MOST_BYTES", "MOST_EVENTS", "Batch", "named", "read_batches", "withdrawal"]

MOST_EVENTS: Final = 100
MOST_BYTES: Final = 4 * 1024 * 1024
_ENVELOPE_BYTES: Final = 1024
_IDENTIFIER: Final = TypeAdapter[str](Identifier)


@dataclass(slots=True)
class Batch:
    """Events with the elements they were made of, and activities that cannot be sent, up to a place in the file."""

    events: list[dict[str, Any]] = field(default_factory=list)
    sent: list[ReadActivity] = field(default_factory=list)
    refused: list[ReadActivity] = field(default_factory=list)
    size: int = 0
    read_bytes: int = 0


def read_batches(path: Path, import_id: str, marking: MarkingStatement, summary: FileSummary) -> Iterator[Batch]:
    """The file at `path`, batch by batch, counted in `summary`.

    An event is named by the import and the position of its element, so that a resumed import sends the same events.
    Raises `UnreadableFile` where the file ends too soon, after what was read until there.
    """
    stated = marking.model_dump(mode="json", exclude_defaults=True)
    batch = Batch()
    with path.open("rb") as file:
        try:
            for read in read_activities(file, summary.kept_out):
                summary.add(read)
                event = None if read.payload is None else _event(read, read.payload, import_id, stated)
                size = 0 if event is None else len(json.dumps(event)) + _ENVELOPE_BYTES
                if len(batch.events) == MOST_EVENTS or batch.size + size > MOST_BYTES:
                    yield batch
                    batch = Batch()
                _add(batch, read, event, size)
                batch.read_bytes = file.tell()
        except UnreadableFile:
            yield batch
            raise
    yield batch


def withdrawal(import_id: str, name: NamedActivity) -> dict[str, Any]:
    """The event that takes back an activity which a complete file lacks; it goes when the import is withdrawn."""
    digest = hashlib.sha256(canonical_report(list(name))).hexdigest()
    return {
        "specversion": "1.0",
        "id": f"{import_id}/missing/{digest}",
        "source": f"/imports/{import_id}",
        "type": "activity.withdrawn",
        "importid": import_id,
        "data": name._asdict(),
    }


def named(read: ReadActivity) -> NamedActivity | None:
    """Which activity an element is about, whatever else is wrong with it; None if it does not say so."""
    try:
        return NamedActivity(*(_IDENTIFIER.validate_python(text) for text in (read.reporter, read.identifier)))
    except ValidationError:
        return None


def _add(batch: Batch, read: ReadActivity, event: dict[str, Any] | None, size: int) -> None:
    if event is not None:
        batch.events.append(event)
        batch.sent.append(read)
        batch.size += size
    elif read.refusals:
        batch.refused.append(read)


def _event(read: ReadActivity, payload: dict[str, Any], import_id: str, marking: dict[str, Any]) -> dict[str, Any]:
    event = {
        "specversion": "1.0",
        "id": f"{import_id}/{read.position}",
        "source": f"/imports/{import_id}",
        "type": "activity.reported",
        "importid": import_id,
        "data": {**payload, "marking": marking},
    }
    return event if read.event_time is None else event | {"time": read.event_time}
