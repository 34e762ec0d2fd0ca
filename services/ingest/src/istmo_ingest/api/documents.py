"""The shapes of answers, for OpenAPI."""

from typing import Any, Final, Literal

from pydantic import BaseModel

from istmo_common.events.activities import ActivityReported, ActivityWithdrawn, ImportWithdrawn
from istmo_common.events.transactions import TransactionReported, TransactionWithdrawn
from istmo_common.problem_documents import ProblemDocument
from istmo_ingest.api.bindings import BATCHED, STRUCTURED

__all__ = ["EVENT_BODY", "BatchReceipts", "PostedEvent", "PostingProblem", "ReceiptDocument"]


class PostingProblem(ProblemDocument):
    """Why an event or a batch was not taken: of one event it carries the receipt, of a batch all receipts."""

    receipt: "ReceiptDocument | None" = None
    receipts: "list[ReceiptDocument] | None" = None


class ReceiptDocument(BaseModel):
    """What became of one event. `unknown`: perhaps published; send it again with the same id."""

    id: str | None
    status: Literal["accepted", "duplicate", "refused", "unknown"]
    recorded_time: str | None = None
    transactions: list[str] | None = None
    problem: ProblemDocument | None = None


class BatchReceipts(BaseModel):
    """One receipt for each event of a batch, in its order."""

    receipts: list[ReceiptDocument]


class PostedEvent(BaseModel):
    """A CloudEvent (1.0, JSON format). `data` belongs to `type`; a `time` without zone is UTC."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: Literal[
        "activity.reported",
        "activity.withdrawn",
        "transaction.reported",
        "transaction.withdrawn",
        "import.withdrawn",
    ]
    subject: str | None = None
    time: str | None = None
    datacontenttype: str | None = None
    importid: str | None = None
    data: ActivityReported | ActivityWithdrawn | TransactionReported | TransactionWithdrawn | ImportWithdrawn


_EVENT: Final = {"$ref": "#/components/schemas/PostedEvent"}
_DATA: Final = {
    "anyOf": [
        {"$ref": f"#/components/schemas/{model.__name__}"}
        for model in (ActivityReported, ActivityWithdrawn, TransactionReported, TransactionWithdrawn, ImportWithdrawn)
    ]
}
EVENT_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "One event, a batch, or (binary mode) the data alone with the attributes in `ce-` headers.",
        "content": {
            STRUCTURED: {"schema": _EVENT},
            BATCHED: {"schema": {"type": "array", "items": _EVENT, "maxItems": 500}},
            "application/json": {"schema": _DATA},
        },
    }
}
