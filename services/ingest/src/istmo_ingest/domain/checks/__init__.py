"""Rules that a report must keep beyond its payload's own, one file for each family."""

from collections.abc import Iterator

from istmo_common.events.types import Report
from istmo_ingest.domain.checks.codes import code_faults
from istmo_ingest.domain.checks.dates import date_faults
from istmo_ingest.domain.checks.markings import marking_faults
from istmo_ingest.domain.checks.purposes import purpose_faults
from istmo_ingest.domain.checks.shares import share_faults
from istmo_ingest.domain.faults import Fault
from istmo_ingest.domain.poster import Poster

__all__ = ["rule_faults"]


def rule_faults(report: Report, poster: Poster) -> Iterator[Fault]:
    """Every rule that `report`, posted by `poster`, breaks."""
    yield from marking_faults(report, poster)
    yield from code_faults(report)
    yield from purpose_faults(report)
    yield from share_faults(report)
    yield from date_faults(report)
