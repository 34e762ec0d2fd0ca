"""Event types: their names, the topics that carry them, and how their data is read."""

from typing import Final, TypeVar

from pydantic import ValidationError

from istmo_common.errors import InvalidEvent, UnknownType
from istmo_common.events.activities import ActivityReported, ActivityWithdrawn, ImportWithdrawn
from istmo_common.events.envelope import CloudEvent
from istmo_common.events.transactions import TransactionReported, TransactionWithdrawn
from istmo_common.events.values import Statement

__all__ = ["IMPORT_WITHDRAWN", "REPORT_TYPES", "Report", "read_import_withdrawn", "read_report"]

Report = ActivityReported | ActivityWithdrawn | TransactionReported | TransactionWithdrawn

REPORT_TYPES: Final[dict[str, type[Report]]] = {
    "activity.reported": ActivityReported,
    "activity.withdrawn": ActivityWithdrawn,
    "transaction.reported": TransactionReported,
    "transaction.withdrawn": TransactionWithdrawn,
}
"""What partners report, by type."""

IMPORT_WITHDRAWN: Final = "import.withdrawn"
"""What partners may post besides: it is about no activity, but about everything that an import reported."""

P = TypeVar("P", bound=Statement)


def read_report(event: CloudEvent) -> Report:
    """The typed payload of a report in the log. Raises `InvalidEvent`, whose text never repeats the payload.

    Names that the contract does not know are a newer program's: they are kept, and refused by ingest alone.
    """
    model = REPORT_TYPES.get(event.type)
    if model is None:
        raise UnknownType(f"no report has the type {event.type!r}"[:200])
    return _read(event, model)


def read_import_withdrawn(event: CloudEvent) -> ImportWithdrawn:
    """The typed payload of an `import.withdrawn` in the log. Raises `InvalidEvent` as `read_report` does."""
    return _read(event, ImportWithdrawn)


def _read(event: CloudEvent, model: type[P]) -> P:
    try:
        return model.read(event.data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = "/".join(str(part) for part in first["loc"])
        raise InvalidEvent(f"the data breaks the contract at /{place}: {first['type']}") from None
