"""Splits by percentage: within one vocabulary they cannot come to more than the whole."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final, TypeAlias

from istmo_common.events.activities import ActivityReported
from istmo_common.events.transactions import CountryShare, RegionShare, SectorShare, TransactionReported
from istmo_common.events.types import Report
from istmo_common.events.values import Portion
from istmo_ingest.domain.faults import Fault

__all__ = ["WHOLE", "share_faults"]

WHOLE: Final = Decimal("100.1")
"""What a split may come to at most: the whole, and a tenth for rounding."""

_Share: TypeAlias = CountryShare | RegionShare | SectorShare | Portion


def share_faults(report: Report) -> Iterator[Fault]:
    """Splits of the report and of its transactions that come to more than `WHOLE`."""
    for place, shares in _splits(report):
        if len(shares) < 2:
            # One share alone is no more than the whole: the payload sees to that.
            continue
        sums: defaultdict[tuple[str, str | None], Decimal] = defaultdict(Decimal)
        for share in shares:
            sums[_vocabulary(share)] += Decimal(share.percentage or 0)
        if any(total > WHOLE for total in sums.values()):
            yield Fault("percentages_exceed", place)


def _vocabulary(share: _Share) -> tuple[str, str | None]:
    if isinstance(share, RegionShare | SectorShare):
        # Vocabularies of the reporter's own share one code, and are told apart by where they are published.
        return share.vocabulary, share.vocabulary_uri
    return "", None


def _splits(report: Report) -> Iterator[tuple[str, Sequence[_Share]]]:
    if isinstance(report, ActivityReported):
        for name in ("recipient_countries", "recipient_regions", "sectors", "goals", "lines"):
            yield f"/data/{name}", getattr(report, name)
        for position, transaction in enumerate(report.transactions or ()):
            yield f"/data/transactions/{position}/sectors", transaction.sectors
    elif isinstance(report, TransactionReported):
        yield "/data/transaction/sectors", report.transaction.sectors
