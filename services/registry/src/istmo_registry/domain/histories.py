"""The history of an activity as one reader may see it: its reports, each under its own label and the current one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from istmo_common.disclosure import Marked, Reader, disclosed
from istmo_registry.domain.versions import Kind

__all__ = ["SeenReport", "StatedReport", "seen_reports"]


@dataclass(frozen=True, slots=True)
class StatedReport:
    """A report of an activity as stated; `content` is without its transactions, None for a withdrawal."""

    kind: Kind
    standing: str
    recorded: datetime
    time: datetime | None
    content: dict[str, Any] | None
    transactions: tuple[Marked[dict[str, Any]], ...] | None


@dataclass(frozen=True, slots=True)
class SeenReport:
    """The same with only the transactions that its reader may see. `recorded` is when this view began."""

    kind: Kind
    standing: str
    recorded: datetime
    time: datetime | None
    content: dict[str, Any] | None
    transactions: tuple[dict[str, Any], ...] | None

    def says_the_same(self, other: "SeenReport | None") -> bool:
        """Whether both look alike to their reader, whenever they were sent."""
        return other is not None and self._view == other._view

    @property
    def _view(self) -> tuple[object, ...]:
        return (self.kind, self.standing, self.content, self.transactions)


def seen_reports(reports: Iterable[Marked[StatedReport]], reader: Reader) -> Iterator[SeenReport]:
    """What `reader` may see of `reports` (in the order of versions).

    Reports in a row that differ only in what the reader may not see are one, the first: that there was another would
    tell that something hidden has changed.
    """
    before: SeenReport | None = None
    for report in disclosed(reports, reader):
        listed = report.transactions
        seen = SeenReport(
            report.kind,
            report.standing,
            report.recorded,
            report.time,
            report.content,
            None if listed is None else tuple(disclosed(listed, reader)),
        )
        if not seen.says_the_same(before):
            yield seen
            before = seen
