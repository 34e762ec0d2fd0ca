"""The history of an activity as one reader may see it: its reports, each under its own label and the current one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from istmo_common.disclosure import Marked, Reader, disclose, disclosed
from istmo_registry.domain.versions import Kind

__all__ = ["History", "SeenReport", "StatedReport"]


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

    @property
    def view(self) -> tuple[object, ...]:
        """What the report says, whenever it was sent."""
        return (self.kind, self.standing, self.content, self.transactions)


class History:
    """Reads the reports of one activity for one reader, in the order of versions.

    Reports in a row that differ only in what the reader may not see are one, the first: that there was another would
    tell that something hidden has changed.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._before: tuple[object, ...] | None = None

    def see(self, report: Marked[StatedReport]) -> SeenReport | None:
        """The next report; None where there is nothing new to see."""
        stated = disclose(report, self._reader)
        if stated is None:
            return None
        listed = stated.transactions
        seen = SeenReport(
            stated.kind,
            stated.standing,
            stated.recorded,
            stated.time,
            stated.content,
            None if listed is None else tuple(disclosed(listed, self._reader)),
        )
        if seen.view == self._before:
            return None
        self._before = seen.view
        return seen
