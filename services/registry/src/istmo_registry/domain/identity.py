"""Which copy of an event counts: one id may come many times, and in bad luck with different contents."""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import datetime

from istmo_registry.domain.ids import ActivityId, EventKey, ImportId

__all__ = ["ActivityId", "Copy", "EventKey", "ImportId", "counting", "in_conflict", "standing_copy"]


@dataclass(frozen=True, slots=True)
class Copy:
    """One arrival of an event. `standing` is `owner` or `custodian`; `recorded` is aware, to the microsecond."""

    key: EventKey
    content_hash: str
    recorded: datetime
    standing: str
    import_id: str | None = None

    @property
    def rank(self) -> tuple[datetime, str, str, str]:
        """The order of the copies of one key; the smallest stands.

        Among copies of equal content it is the order of (recorded, standing, import id), so that keeping only the
        smallest copy that each import brought of each content gives the same standing copy as keeping them all,
        whichever imports are withdrawn.
        """
        return (self.recorded, self.content_hash, self.standing, self.import_id or "")

    @property
    def brought_by(self) -> ImportId | None:
        """The import that it came with, if any."""
        return None if self.import_id is None else ImportId(self.key.partner, self.import_id)


def counting(copies: Iterable[Copy], withdrawn: Set[ImportId]) -> list[Copy]:
    """The copies that count at all: what came with a withdrawn import is as if it had never come."""
    return [copy for copy in copies if copy.brought_by not in withdrawn]


def standing_copy(copies: Iterable[Copy]) -> Copy | None:
    """Of the counting copies of one event key the one that stands: the smallest (recorded, content hash)."""
    return min(copies, key=lambda copy: copy.rank, default=None)


def in_conflict(copies: Iterable[Copy]) -> bool:
    """Whether one event id came with different contents."""
    return len({copy.content_hash for copy in copies}) > 1
