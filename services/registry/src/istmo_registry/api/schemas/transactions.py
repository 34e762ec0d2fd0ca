"""Transactions with their fates as answers."""

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from istmo_common.codelists import TRANSACTION_TYPES
from istmo_common.events.one_of import OneOf
from istmo_common.events.values import Day
from istmo_registry.api.paging import PageQuery
from istmo_registry.api.schemas.common import ActivityRef, Document, Word

__all__ = ["EntryDocument", "ReplacementDocument", "TransactionList", "TransactionQuery", "TransactionsOfQuery"]

_ENTRY: Final[dict[str, Any]] = {
    "activity": {"id": "p-7q2zq5m4b3l6n2v4x5c6a7s2d3", "reporter": "HN-GOV-9", "activity": "HN-GOV-9-2024-017"},
    "id": "ref:3:D-17",
    "transaction": {"type": "3", "date": "2024-05-02", "value": {"amount": "100577", "currency": "USD"}, "ref": "D-17"},
    "fate": "excluded",
    "reason": "equal-line",
    "replaced_by": {
        "activity": {"id": "p-3k5n7q2zq5m4b3l6n2v4x5c6a7", "reporter": "HN-GOV-9", "activity": "HN-GOV-9-2024-016"},
        "id": "ref:3:D-17",
    },
}


class TransactionsOfQuery(PageQuery):
    """Which transactions of an activity."""

    type: Annotated[Annotated[str, OneOf(TRANSACTION_TYPES)] | None, Field(description="IATI transaction type.")] = None
    fate: Annotated[Literal["counted", "excluded"] | None, Field(description="What became of it.")] = None
    first: Annotated[Day | None, Field(alias="from", description="The first day.")] = None
    last: Annotated[Day | None, Field(alias="to", description="The last day.")] = None


class TransactionQuery(TransactionsOfQuery):
    """Which transactions."""

    programme: Annotated[Word, Field(description="Any id of a programme.")] = None
    reporter: Annotated[Word, Field(description="The reporting organisation's identifier.")] = None


class ReplacementDocument(Document):
    """The transaction that counts instead."""

    activity: ActivityRef
    id: str


class EntryDocument(Document):
    """A living transaction as reported, and its fate: counted, or excluded with the reason; `pending` until resolved.

    `id` names it within its activity, among what you may see.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_ENTRY]})

    activity: ActivityRef
    id: str
    transaction: dict[str, Any]
    fate: Literal["counted", "excluded", "pending"]
    reason: str | None
    replaced_by: ReplacementDocument | None


class TransactionList(Document):
    """A page of transactions; `next` is the address of the next one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"transactions": [_ENTRY], "next": None}]})

    transactions: list[EntryDocument]
    next: str | None
