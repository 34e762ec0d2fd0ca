"""`python -m istmo_support.next_version PACKAGE ROLE`: a service as its next version might be.

The next version knows one more optional field of reports (`risk`), of transactions (`tranche`) and of findings
(`hint`), and one more event type, `activity-summary.reported`. Everything else is the program of today.
"""

import runpy
import sys
from typing import Any

from pydantic.fields import FieldInfo

from istmo_common.events import types
from istmo_common.events.activities import ActivityReported
from istmo_common.events.outcomes import FindingRaised
from istmo_common.events.transactions import Transaction, TransactionReported
from istmo_common.events.values import Statement

__all__ = ["HINT"]

HINT = "look at the map"
"""What the next version's registry says in every finding."""


def _add(model: type[Statement], name: str) -> None:
    model.__pydantic_fields__[name] = FieldInfo(annotation=str | None, default=None)  # type: ignore[arg-type]


def _become_next() -> None:
    _add(Transaction, "tranche")
    _add(ActivityReported, "risk")
    _add(FindingRaised, "hint")
    for model in (Transaction, TransactionReported, ActivityReported, FindingRaised):
        model.model_rebuild(force=True)

    class ActivitySummaryReported(ActivityReported):
        """An activity, summed up."""

    types.REPORT_TYPES["activity-summary.reported"] = ActivitySummaryReported


def _hint_in_findings() -> None:
    from istmo_registry.stages.publications import Publisher  # noqa: PLC0415 - after the payloads have changed

    raised = Publisher.raised

    def hinted(self: Publisher, content: FindingRaised, *others: Any) -> Any:
        return raised(self, content.model_copy(update={"hint": HINT}), *others)

    Publisher.raised = hinted  # type: ignore[method-assign]


if __name__ == "__main__":
    package = sys.argv.pop(1)
    _become_next()
    if package == "istmo_registry":
        _hint_in_findings()
    runpy.run_module(package, run_name="__main__", alter_sys=True)
