"""What is wrong with a report: where it is, and which rule it breaks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

__all__ = ["MOST_FAULTS", "Fault", "Refused", "pointer"]

MOST_FAULTS = 100
"""How many faults of one event are told at once."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken rule. `pointer` is a JSON Pointer (RFC 6901) into the event, `code` names the message.

    `values` fill the message: limits and permitted codes, never what the report says.
    """

    code: str
    pointer: str
    values: Mapping[str, object] = field(default_factory=dict)


class Refused(Exception):
    """An event that cannot be accepted as it is. Its text tells codes only, since a report may be restricted."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)[:MOST_FAULTS]
        super().__init__(", ".join(sorted({fault.code for fault in self.faults})))


def pointer(*parts: str | int) -> str:
    """The JSON Pointer of a place; a name longer than 100 characters is cut."""
    return "".join("/" + str(part)[:100].replace("~", "~0").replace("/", "~1") for part in parts)
