"""Who may state which marking."""

from collections.abc import Iterator

from istmo_common.disclosure import Tlp
from istmo_common.events.activities import ActivityReported
from istmo_common.events.transactions import TransactionReported
from istmo_common.events.types import Report
from istmo_common.events.values import MarkingStatement
from istmo_ingest.domain.faults import Fault
from istmo_ingest.domain.poster import Poster

__all__ = ["marking_faults", "statement_faults"]

_GROUPED = frozenset({Tlp.GREEN, Tlp.AMBER, Tlp.AMBER_STRICT})


def marking_faults(report: Report, poster: Poster) -> Iterator[Fault]:
    """Markings of the report and of its transactions that `poster` may not state."""
    for place, marking in _markings(report):
        yield from statement_faults(marking, place, poster)


def statement_faults(marking: MarkingStatement, place: str, poster: Poster) -> Iterator[Fault]:
    """What `poster` may not state in one marking, which stands at the JSON Pointer `place`."""
    if marking.tlp is Tlp.AMBER and not poster.signed_agreement:
        yield Fault("amber_needs_agreement", place + "/tlp")
    if marking.groups and marking.tlp not in _GROUPED:
        yield Fault("groups_without_effect", place + "/groups")
    for position, group in enumerate(marking.groups):
        if group not in poster.groups:
            yield Fault("group_not_yours", f"{place}/groups/{position}")


def _markings(report: Report) -> Iterator[tuple[str, MarkingStatement]]:
    if isinstance(report, ActivityReported):
        yield "/data/marking", report.marking
        for position, transaction in enumerate(report.transactions or ()):
            if transaction.marking is not None:
                yield f"/data/transactions/{position}/marking", transaction.marking
    elif isinstance(report, TransactionReported) and report.transaction.marking is not None:
        yield "/data/transaction/marking", report.transaction.marking
