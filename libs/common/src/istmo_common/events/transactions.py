"""Transactions: one movement of money in an activity, with all that IATI's carry."""

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from istmo_common.events.values import (
    Code,
    CountryCode,
    Day,
    Flag,
    Identifier,
    MarkingStatement,
    Narratives,
    OrganisationTypeCode,
    Percentage,
    Statement,
    Text,
    TransactionTypeCode,
    Value,
)

__all__ = [
    "AidType",
    "CountryShare",
    "RegionShare",
    "SectorShare",
    "Transaction",
    "TransactionParty",
    "TransactionReported",
    "TransactionWithdrawn",
]


class CountryShare(Statement):
    """A recipient country (ISO 3166-1 alpha-2) with its share of the activity."""

    code: CountryCode
    percentage: Percentage | None = None
    narratives: Narratives = ()


class RegionShare(Statement):
    """A recipient region (`vocabulary` 1 is the DAC's) with its share."""

    code: Code
    vocabulary: Code = "1"
    vocabulary_uri: Text | None = None
    percentage: Percentage | None = None
    narratives: Narratives = ()


class SectorShare(Statement):
    """A sector or purpose (`vocabulary` 1: DAC 5-digit, 2: DAC 3-digit) with its share."""

    code: Code
    vocabulary: Code = "1"
    vocabulary_uri: Text | None = None
    percentage: Percentage | None = None
    narratives: Narratives = ()


class AidType(Statement):
    """An aid type (`vocabulary` 1: OECD DAC)."""

    code: Code
    vocabulary: Code = "1"


class TransactionParty(Statement):
    """Provider or receiver: an organisation, and its own activity from or into which the money moves."""

    identifier: Identifier | None = None
    type: OrganisationTypeCode | None = None
    activity: Identifier | None = None
    names: Narratives = ()


class Transaction(Statement):
    """One movement of money. `transaction_id` is the reporter's own key; `ref` is IATI's and need not be unique."""

    type: TransactionTypeCode
    date: Day
    value: Value
    transaction_id: Identifier | None = None
    ref: Text | None = None
    humanitarian: Flag | None = None
    description: Narratives = ()
    provider: TransactionParty | None = None
    receiver: TransactionParty | None = None
    disbursement_channel: Code | None = None
    sectors: Annotated[tuple[SectorShare, ...], Field(max_length=100)] = ()
    recipient_country: CountryShare | None = None
    recipient_region: RegionShare | None = None
    flow_type: Code | None = None
    finance_type: Code | None = None
    aid_types: Annotated[tuple[AidType, ...], Field(max_length=20)] = ()
    tied_status: Code | None = None
    marking: MarkingStatement | None = None
    """None: as its activity. A marking of its own can only narrow the activity's."""


class TransactionReported(Statement):
    """`transaction.reported`: one payment as it happens. Its transaction must carry a `transaction_id`."""

    reporter: Identifier
    activity: Identifier
    transaction: Transaction

    @field_validator("transaction")
    @classmethod
    def _named(cls, transaction: Transaction) -> Transaction:
        if transaction.transaction_id is None:
            raise PydanticCustomError("transaction_id_missing", "a reported transaction needs a transaction_id")
        return transaction


class TransactionWithdrawn(Statement):
    """`transaction.withdrawn`: the reporter takes back the transaction of this `transaction_id`."""

    reporter: Identifier
    activity: Identifier
    transaction_id: Identifier
    reason: Text | None = None
