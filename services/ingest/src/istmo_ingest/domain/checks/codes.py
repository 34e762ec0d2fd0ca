"""Codes that must be in their list. (The payload itself takes others: what was accepted stays readable for ever.)"""

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any, Final

from istmo_common.codelists import (
    ACTIVITY_STATUSES,
    COUNTRIES,
    CURRENCIES,
    DATE_TYPES,
    GOALS,
    LINES,
    ORGANISATION_ROLES,
    RELATED_ACTIVITY_TYPES,
    TRANSACTION_TYPES,
    Codelist,
)
from istmo_common.events.activities import ActivityReported
from istmo_common.events.transactions import Transaction, TransactionReported
from istmo_common.events.types import Report
from istmo_ingest.domain.faults import Fault

__all__ = ["code_faults"]


_LISTED: Final[tuple[tuple[str, Callable[[Any], str], str, Codelist], ...]] = tuple(
    (name, attrgetter(part.replace("/", ".")), part, codelist)
    for name, part, codelist in (
        ("participating_organisations", "role", ORGANISATION_ROLES),
        ("dates", "type", DATE_TYPES),
        ("related_activities", "type", RELATED_ACTIVITY_TYPES),
        ("recipient_countries", "code", COUNTRIES),
        ("goals", "code", GOALS),
        ("lines", "code", LINES),
        ("budgets", "value/currency", CURRENCIES),
        ("planned_disbursements", "value/currency", CURRENCIES),
    )
)
"""Lists of an activity, and which part of each item is a code: how to get it, where it stands, in which list."""


def code_faults(report: Report) -> Iterator[Fault]:
    """Every code of the report that its list does not have."""
    if isinstance(report, ActivityReported):
        if report.status is not None and report.status not in ACTIVITY_STATUSES:
            yield _unlisted(ACTIVITY_STATUSES, "/data/status")
        for name, code, part, codelist in _LISTED:
            for position, item in enumerate(getattr(report, name)):
                if code(item) not in codelist:
                    yield _unlisted(codelist, f"/data/{name}/{position}/{part}")
        for position, transaction in enumerate(report.transactions or ()):
            yield from _transaction(transaction, f"/data/transactions/{position}")
    elif isinstance(report, TransactionReported):
        yield from _transaction(report.transaction, "/data/transaction")


def _transaction(transaction: Transaction, place: str) -> Iterator[Fault]:
    if transaction.type not in TRANSACTION_TYPES:
        yield _unlisted(TRANSACTION_TYPES, place + "/type")
    if transaction.value.currency not in CURRENCIES:
        yield _unlisted(CURRENCIES, place + "/value/currency")
    country = transaction.recipient_country
    if country is not None and country.code not in COUNTRIES:
        yield _unlisted(COUNTRIES, place + "/recipient_country/code")


def _unlisted(codelist: Codelist, place: str) -> Fault:
    return Fault("not_in_codelist", place, {"codelist": codelist.id})
