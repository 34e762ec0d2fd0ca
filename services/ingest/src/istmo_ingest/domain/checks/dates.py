"""Dates that must stand in order, where IATI says so."""

from collections.abc import Iterator
from datetime import date

from istmo_common.events.activities import ActivityReported
from istmo_common.events.types import Report
from istmo_ingest.domain.faults import Fault, pointer

__all__ = ["date_faults"]

_PLANNED = ("1", "3")
_ACTUAL = ("2", "4")


def date_faults(report: Report) -> Iterator[Fault]:
    """An activity that ends before it starts, and periods of budgets and planned payments that do."""
    if not isinstance(report, ActivityReported):
        return
    for start_type, end_type in (_PLANNED, _ACTUAL):
        first = min((stated.date for stated in report.dates if stated.type == start_type), default=date.min)
        for position, stated in enumerate(report.dates):
            if stated.type == end_type and stated.date < first:
                yield Fault("end_before_start", pointer("data", "dates", position, "date"))
    for position, budget in enumerate(report.budgets):
        yield from _period(budget.period_start, budget.period_end, pointer("data", "budgets", position))
    for position, planned in enumerate(report.planned_disbursements):
        place = pointer("data", "planned_disbursements", position)
        yield from _period(planned.period_start, planned.period_end, place)


def _period(start: date, end: date | None, place: str) -> Iterator[Fault]:
    if end is not None and end < start:
        yield Fault("end_before_start", place + "/period_end")
