"""Codes that must be in their list. (The payload itself takes others: what was accepted stays readable for ever.)"""

from collections.abc import Iterable, Iterator

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


def code_faults(report: Report) -> Iterator[Fault]:
    """Every code of the report that its list does not have."""
    if isinstance(report, ActivityReported):
        for codes, codelist, place in _activity(report):
            for position, code in enumerate(codes):
                if code not in codelist:
                    yield _unlisted(codelist, place.format(position))
        for position, transaction in enumerate(report.transactions or ()):
            yield from _transaction(transaction, f"/data/transactions/{position}")
    elif isinstance(report, TransactionReported):
        yield from _transaction(report.transaction, "/data/transaction")


def _activity(report: ActivityReported) -> Iterator[tuple[Iterable[str], Codelist, str]]:
    yield [report.status] if report.status is not None else [], ACTIVITY_STATUSES, "/data/status"
    organisations = report.participating_organisations
    yield (o.role for o in organisations), ORGANISATION_ROLES, "/data/participating_organisations/{}/role"
    yield (d.type for d in report.dates), DATE_TYPES, "/data/dates/{}/type"
    yield (r.type for r in report.related_activities), RELATED_ACTIVITY_TYPES, "/data/related_activities/{}/type"
    yield (c.code for c in report.recipient_countries), COUNTRIES, "/data/recipient_countries/{}/code"
    yield (g.code for g in report.goals), GOALS, "/data/goals/{}/code"
    yield (line.code for line in report.lines), LINES, "/data/lines/{}/code"
    yield (b.value.currency for b in report.budgets), CURRENCIES, "/data/budgets/{}/value/currency"
    planned = report.planned_disbursements
    yield (p.value.currency for p in planned), CURRENCIES, "/data/planned_disbursements/{}/value/currency"


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
