"""The shapes of answers, for OpenAPI."""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from istmo_common.events.activities import ActivityReported, ActivityWithdrawn, ImportWithdrawn
from istmo_common.events.transactions import TransactionReported, TransactionWithdrawn
from istmo_common.problem_documents import ProblemDocument, problem_example, problems
from istmo_ingest.api.bindings import BATCHED, STRUCTURED
from istmo_ingest.domain.limits import BATCH_EVENTS

__all__ = ["EVENT_ANSWERS", "EVENT_BODY", "BatchReceipts", "PostedEvent", "PostingProblem", "ReceiptDocument"]

_ACCEPTED: Final[dict[str, Any]] = {
    "id": "2026-04-01/1",
    "status": "accepted",
    "recorded_time": "2026-04-01T14:00:03.120000Z",
    "transactions": ["sha:2f1d8a0c4e6b7d9900b1c2d3e4f50617:1"],
}
_DUPLICATE: Final[dict[str, Any]] = {
    "id": "2026-04-02/1",
    "status": "duplicate",
    "recorded_time": "2026-04-02T14:00:02.480000Z",
}
_REFUSED: Final = {"id": "2026-04-02/1", "status": "refused"}
_UNKNOWN: Final = {"id": "2026-04-01/1", "status": "unknown"}
_TAKEN: Final[dict[str, Any]] = {"receipts": [_ACCEPTED, _DUPLICATE]}
_MIXED: Final = {"receipts": [_ACCEPTED, _REFUSED | {"problem": problem_example("invalid-event")}]}


class PostingProblem(ProblemDocument):
    """Why an event or a batch was not taken: of one event it carries the receipt, of a batch all receipts."""

    receipt: "ReceiptDocument | None" = None
    receipts: "list[ReceiptDocument] | None" = None


class ReceiptDocument(BaseModel):
    """What became of one event. `unknown`: perhaps published; send it again with the same id."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ACCEPTED, _DUPLICATE]})

    id: str | None
    status: Literal["accepted", "duplicate", "refused", "unknown"]
    recorded_time: str | None = None
    transactions: list[str] | None = None
    problem: ProblemDocument | None = None


class BatchReceipts(BaseModel):
    """One receipt for each event of a batch, in its order."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TAKEN]})

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
_REPORT: Final[dict[str, Any]] = {
    "reporter": "XI-EXAMPLE",
    "activity": "XI-EXAMPLE-1",
    "marking": {"tlp": "CLEAR"},
    "title": [{"text": "Policía comunitaria en barrios", "language": "es"}],
    "recipient_countries": [{"code": "HN", "percentage": "100"}],
    "transactions": [{"type": "3", "date": "2026-03-31", "value": {"amount": "1250.50", "currency": "HNL"}}],
}
_REPORTED: Final[dict[str, Any]] = {
    "specversion": "1.0",
    "id": "2026-04-01/1",
    "source": "/systems/projects",
    "type": "activity.reported",
    "time": "2026-04-01T08:00:00-06:00",
    "data": _REPORT,
}
_WITHDRAWN: Final[dict[str, Any]] = {
    "specversion": "1.0",
    "id": "2026-04-02/1",
    "source": "/systems/projects",
    "type": "activity.withdrawn",
    "data": {"reporter": "XI-EXAMPLE", "activity": "XI-EXAMPLE-2"},
}
# Binary mode: the attributes stand in headers.
_ATTRIBUTES: Final = [
    {"name": f"ce-{name}", "in": "header", "schema": {"type": "string"}, "description": "Binary mode."}
    | {"example": example}
    for name, example in (
        ("specversion", "1.0"),
        ("id", "2026-04-03/1"),
        ("source", "/systems/projects"),
        ("type", "activity.reported"),
    )
]
EVENT_BODY: Final[dict[str, Any]] = {
    "parameters": _ATTRIBUTES,
    "requestBody": {
        "required": True,
        "description": "One event, a batch, or (binary mode) the data alone with the attributes in `ce-` headers.",
        "content": {
            STRUCTURED: {"schema": _EVENT, "example": _REPORTED},
            BATCHED: {
                "schema": {"type": "array", "items": _EVENT, "maxItems": 500},
                "example": [_REPORTED, _WITHDRAWN],
            },
            "application/json": {"schema": _DATA, "example": _REPORT},
        },
    },
}
_REFUSALS: Final = (
    "not-json",
    "bad-request",
    "unauthenticated",
    "not-your-organisation",
    "id-conflict",
    "too-large",
    "too-many-events",
    "unsupported-media-type",
    "invalid-event",
    "not-yet-supported",
    "delivery-unknown",
    "unavailable",
)
_OF_AN_EVENT: Final = ("not-your-organisation", "id-conflict", "invalid-event", "not-yet-supported")
EVENT_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    202: {
        "description": "The log keeps all of it",
        "content": {
            "application/json": {
                "examples": {
                    "event": {"summary": "One event", "value": _ACCEPTED},
                    "batch": {"summary": "A batch, one event of which was sent before", "value": _TAKEN},
                }
            }
        },
    },
    207: {
        "model": BatchReceipts,
        "description": "A batch with mixed fates",
        "content": {"application/json": {"example": _MIXED}},
    },
    **problems(
        *_REFUSALS,
        model=PostingProblem,
        beside={
            **{slug: {"receipt": _REFUSED} for slug in _OF_AN_EVENT},
            "delivery-unknown": {"receipt": _UNKNOWN},
        },
        most_events=BATCH_EVENTS,
    ),
}
"""What posting answers, for OpenAPI."""
