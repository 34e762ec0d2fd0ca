"""Which copy of an event counts: one id may come many times, and in bad luck with different contents."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from istmo_registry.domain.ids import ActivityId, EventKey

__all__ = ["ActivityId", "Copy", "EventKey", "in_conflict", "standing_copy"]


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
        smallest copy of each content, as arrivals come in, gives the same standing copy as keeping them all.
        """
        return (self.recorded, self.content_hash, self.standing, self.import_id or "")


def standing_copy(copies: Iterable[Copy]) -> Copy:
    """Of the copies of one event key (at least one) the one that counts: the smallest (recorded, content hash)."""
    return min(copies, key=lambda copy: copy.rank)


def in_conflict(copies: Iterable[Copy]) -> bool:
    """Whether one event id came with different contents."""
    return len({copy.content_hash for copy in copies}) > 1
