"""Why an activity of a file is not sent: where, what stands there, and what would be right."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from istmo_common.canonical import canonical_report
from istmo_common.events.activities import ActivityReported
from istmo_common.problems import FieldError, field_error
from istmo_ingest.domain.checks.codes import code_faults
from istmo_ingest.domain.checks.dates import date_faults
from istmo_ingest.domain.checks.shares import share_faults
from istmo_ingest.domain.contract import read_payload
from istmo_ingest.domain.faults import Fault, Refused
from istmo_ingest.domain.limits import EVENT_BYTES
from istmo_ingest.iati.cells import Placed, place_of, value_at

__all__ = ["Refusal", "contract_refusals", "refusal_of"]

_MARKING_BYTES: Final = 4096
"""Room for the marking, which the file does not state and the importer adds."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One fault. `place` is an XPath, `value` the first characters of what stands there, `code` names the message.

    `name` is the contract's name of the field.
    """

    place: str
    code: str
    value: str = ""
    name: str = ""
    values: Mapping[str, object] = field(default_factory=dict)

    def told(self, language: str) -> FieldError:
        """What is wrong and what would be right, as a problem's error; its pointer is the place in the file."""
        told = field_error(f"/{self.name}", self.code, language, **self.values)
        return FieldError(self.place, told.code, told.detail, told.remedy)


def contract_refusals(payload: Placed) -> Iterator[Refusal]:
    """Everything in a payload without marking that ingest would refuse."""
    data = payload | {"marking": {"tlp": "CLEAR"}}
    try:
        report = read_payload("activity.reported", data)
    except Refused as refused:
        yield from (refusal_of(payload, fault) for fault in refused.faults)
        return
    for check in (code_faults, share_faults, date_faults):
        yield from (refusal_of(payload, fault) for fault in check(report))
    if isinstance(report, ActivityReported) and len(canonical_report(data)) > EVENT_BYTES - _MARKING_BYTES:
        yield refusal_of(payload, Fault("event_too_large", "/data", {"max_bytes": EVENT_BYTES}))


def refusal_of(payload: Placed, fault: Fault) -> Refusal:
    """A fault that ingest tells about `payload`, with its place in the file instead of the one in the event."""
    parts = [_part(part) for part in fault.pointer.split("/")[2:]]
    name = next((part for part in reversed(parts) if isinstance(part, str)), "")
    return Refusal(place_of(payload, parts), fault.code, value_at(payload, parts), name, fault.values)


def _part(text: str) -> str | int:
    return int(text) if text.isdecimal() else text.replace("~1", "/").replace("~0", "~")
