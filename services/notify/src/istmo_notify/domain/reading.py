"""What of a list may still be read: everything once told is judged again, at every reading, by what holds now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from istmo_common.canonical import canonical_report
from istmo_common.disclosure import Label, Reader
from istmo_common.times import format_time
from istmo_notify.domain.alerts import AlertState
from istmo_notify.domain.filters import EntryType
from istmo_notify.domain.views import Item

__all__ = ["Entry", "Kept", "Sight", "may_read"]


@dataclass(frozen=True, slots=True)
class Sight:
    """What decides about reading: the labels under which activities now stand, and the states of alerts."""

    labels: Mapping[str, Iterable[Label]]
    alerts: Mapping[str, AlertState]

    def sees(self, activity: str, reader: Reader) -> bool:
        """Whether the activity stands where `reader` sees it."""
        return any(label.admits(reader) for label in self.labels.get(activity, ()))

    def hides(self, activity: str, reader: Reader) -> bool:
        """Whether the activity stands, but not where `reader` sees it."""
        return activity in self.labels and not self.sees(activity, reader)


@dataclass(frozen=True, slots=True)
class Kept:
    """An item as it stands in its list."""

    number: int
    item: Item
    told: datetime
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One number of a list as it is told now: an item, or None where it may no longer be read."""

    view: str
    epoch: int
    number: int
    type: EntryType | None = None
    data: bytes = b""
    told: datetime | None = None
    traceparent: str | None = None

    @property
    def withheld(self) -> bool:
        """Whether the entry is its number and nothing else."""
        return self.type is None

    def body(self) -> bytes:
        """The entry as JSON, the same on every channel."""
        place = {"epoch": self.epoch, "number": self.number, "view": self.view}
        if self.type is None or self.told is None:
            return canonical_report(place | {"withheld": True})
        rest = canonical_report(place | {"timestamp": format_time(self.told), "type": self.type})
        # "data" sorts before every other name, so the object can be put together around the kept bytes.
        return b'{"data":' + self.data + b"," + rest[1:]


def may_read(item: Item, sight: Sight, reader: Reader) -> bool:
    """Whether `reader` may still read an item that its view was once told.

    A programme is read while all activities it speaks of stand where the reader sees them. So is an alert; but while it
    stands itself, it is enough that none of them is hidden: the programmes may be on their way yet.
    """
    if sight.alerts.get(item.id) in ("raised", "updated"):
        return not any(sight.hides(activity, reader) for activity in item.mentions)
    return all(sight.sees(activity, reader) for activity in item.mentions)
