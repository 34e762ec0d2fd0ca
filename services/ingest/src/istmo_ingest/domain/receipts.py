"""What a partner is told about each event that it posted."""

from dataclasses import dataclass
from enum import StrEnum

from istmo_ingest.domain.faults import Fault, Refused

__all__ = ["Receipt", "Status"]


class Status(StrEnum):
    """What became of an event. `UNKNOWN`: perhaps published; send it again with the same id."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Receipt:
    """One event's fate. `id` is None where the event states none that can be read.

    `recorded_time` is that of the acceptance, of a duplicate the original's; `transactions` are the registry's
    identities of the stated list, in its order.
    """

    id: str | None
    status: Status
    recorded_time: str | None = None
    transactions: tuple[str, ...] | None = None
    faults: tuple[Fault, ...] = ()

    @classmethod
    def refused(cls, id: str | None, refusal: Refused) -> "Receipt":
        """The receipt of an event that was refused."""
        return cls(id, Status.REFUSED, faults=refusal.faults)
