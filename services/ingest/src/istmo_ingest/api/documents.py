"""The shapes of answers, for OpenAPI."""

from typing import Any, Final, Literal

from pydantic import BaseModel

from istmo_common.events.activities import ActivityReported, ActivityWithdrawn
from istmo_common.events.transactions import TransactionReported, TransactionWithdrawn
from istmo_common.problems import PROBLEM_MEDIA_TYPE, PROBLEMS
from istmo_ingest.api.bindings import BATCHED, STRUCTURED

__all__ = ["EVENT_BODY", "BatchReceipts", "PostedEvent", "ProblemDocument", "ReceiptDocument", "problems"]


class FieldErrorDocument(BaseModel):
    """One place that is wrong (a JSON Pointer), a stable code, what is wrong, and what would be right."""

    pointer: str
    code: str
    detail: str
    remedy: str


class ProblemDocument(BaseModel):
    """A problem (RFC 9457) in the partner's language. Of one event it carries the receipt, of a batch all receipts."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldErrorDocument] | None = None
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
    type: Literal["activity.reported", "activity.withdrawn", "transaction.reported", "transaction.withdrawn"]
    subject: str | None = None
    time: str | None = None
    datacontenttype: str | None = None
    importid: str | None = None
    data: ActivityReported | ActivityWithdrawn | TransactionReported | TransactionWithdrawn


_EVENT: Final = {"$ref": "#/components/schemas/PostedEvent"}
_DATA: Final = {
    "anyOf": [
        {"$ref": f"#/components/schemas/{model.__name__}"}
        for model in (ActivityReported, ActivityWithdrawn, TransactionReported, TransactionWithdrawn)
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


def problems(*slugs: str) -> dict[int | str, dict[str, Any]]:
    """OpenAPI's `responses` for these kinds of problem."""
    described: dict[int | str, dict[str, Any]] = {}
    for slug in slugs:
        entry = described.setdefault(
            int(PROBLEMS[slug]),
            {
                "description": "",
                "content": {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
            },
        )
        entry["description"] = ", ".join(filter(None, [entry["description"], f"`/problems/{slug}`"]))
    return described
