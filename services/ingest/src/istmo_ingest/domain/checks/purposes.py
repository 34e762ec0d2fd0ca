"""Purpose codes of the DAC."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from istmo_common.events.activities import ActivityReported
from istmo_common.events.transactions import SectorShare, TransactionReported
from istmo_common.events.types import Report
from istmo_ingest.domain.faults import Fault

__all__ = ["purpose_faults"]

_FORMS: Final = {"1": re.compile("[0-9]{5}"), "2": re.compile("[0-9]{3}")}
"""By SectorVocabulary. The DAC adds codes every year, so only their form is law here."""


def purpose_faults(report: Report) -> Iterator[Fault]:
    """Sectors that say they are DAC codes and cannot be."""
    for place, sectors in _lists(report):
        for position, sector in enumerate(sectors):
            form = _FORMS.get(sector.vocabulary)
            if form is not None and form.fullmatch(sector.code) is None:
                yield Fault(f"purpose_form_{sector.vocabulary}", f"{place}/{position}/code")


def _lists(report: Report) -> Iterator[tuple[str, Sequence[SectorShare]]]:
    if isinstance(report, ActivityReported):
        yield "/data/sectors", report.sectors
        for position, transaction in enumerate(report.transactions or ()):
            yield f"/data/transactions/{position}/sectors", transaction.sectors
    elif isinstance(report, TransactionReported):
        yield "/data/transaction/sectors", report.transaction.sectors
