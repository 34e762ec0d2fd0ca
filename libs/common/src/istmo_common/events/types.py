"""Event types: their names, the topics that carry them, and how their data is read."""

from typing import Final

from pydantic import ValidationError

from istmo_common.errors import InvalidEvent, UnknownType
from istmo_common.events.activities import ActivityReported, ActivityWithdrawn
from istmo_common.events.envelope import CloudEvent
from istmo_common.events.transactions import TransactionReported, TransactionWithdrawn
from istmo_common.events.values import Statement

__all__ = ["REPORT_TYPES", "Report", "read_report"]

Report = ActivityReported | ActivityWithdrawn | TransactionReported | TransactionWithdrawn

REPORT_TYPES: Final[dict[str, type[Report]]] = {
    "activity.reported": ActivityReported,
    "activity.withdrawn": ActivityWithdrawn,
    "transaction.reported": TransactionReported,
    "transaction.withdrawn": TransactionWithdrawn,
}
"""What partners may post, by type."""


def read_report(event: CloudEvent) -> Report:
    """The typed payload of a report in the log. Raises `InvalidEvent`, whose text never repeats the payload.

    Names that the contract does not know are a newer program's: they are kept, and refused by ingest alone.
    """
    model: type[Statement] | None = REPORT_TYPES.get(event.type)
    if model is None:
        raise UnknownType(f"no report has the type {event.type!r}"[:200])
    try:
        return model.read(event.data)  # type: ignore[return-value]
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = "/".join(str(part) for part in first["loc"])
        raise InvalidEvent(f"the data breaks the contract at /{place}: {first['type']}") from None
