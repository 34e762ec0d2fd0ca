"""What arrives on the topic of organisations: whole records, merges of two, and the undoing of merges."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import ValidationError

from istmo_common.errors import InvalidEvent, UnknownType
from istmo_common.events.envelope import CloudEvent
from istmo_common.events.organisation_merges import OrganisationMerged, OrganisationMergeUndone
from istmo_common.events.organisations import OrganisationChanged
from istmo_common.times import parse_time

__all__ = ["IncomingMerge", "read_organisation"]

_PAYLOADS: Final[dict[str, type[OrganisationChanged | OrganisationMerged | OrganisationMergeUndone]]] = {
    "organisation.changed": OrganisationChanged,
    "organisation.merged": OrganisationMerged,
    "organisation.merge-undone": OrganisationMergeUndone,
}


@dataclass(frozen=True, slots=True)
class IncomingMerge:
    """One arrival of a merge, or of an undo. `id` is the event's: the registry gives it, and an undo names it.

    `data` is the canonical JSON of what is stated; `traceparent` names the trace that it belongs to.
    """

    id: str
    recorded: datetime
    stated: OrganisationMerged | OrganisationMergeUndone
    data: str
    traceparent: str | None = None

    @property
    def undoes(self) -> str | None:
        """The id of the merge that it takes back; None for a merge."""
        return self.stated.undoes if isinstance(self.stated, OrganisationMergeUndone) else None


def read_organisation(event: CloudEvent) -> OrganisationChanged | IncomingMerge:
    """Read an event of the topic of organisations. Raises `InvalidEvent`, `UnknownType` for one of another type."""
    payload = _PAYLOADS.get(event.type)
    if payload is None:
        raise UnknownType(f"the topic of organisations carries no event of the type {event.type!r}"[:200])
    try:
        stated = payload.read(event.data)
        if isinstance(stated, OrganisationChanged):
            return stated
        recorded = parse_time(event.recorded_time)
    except ValidationError as error:
        raise InvalidEvent(f"the data breaks the contract in {error.error_count()} places") from None
    except ValueError as error:
        raise InvalidEvent(str(error)) from None
    return IncomingMerge(event.id, recorded, stated, event.data.decode(), event.traceparent)
