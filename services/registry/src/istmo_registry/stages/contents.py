"""Contents of reports, kept in memory as long as there is room: a content never changes."""

from collections import OrderedDict
from collections.abc import Iterable

from istmo_common.events.types import REPORT_TYPES, Report
from istmo_registry.store import reports
from istmo_registry.store.statement import Stage

__all__ = ["Contents"]


class Contents:
    """Reports by the row id of their copy. Holds what came of at most `limit_bytes` of JSON, the last used."""

    def __init__(self, limit_bytes: int = 32 * 1024 * 1024) -> None:
        self._limit = limit_bytes
        self._held = 0
        self._reports: OrderedDict[int, tuple[Report, int]] = OrderedDict()

    def keep(self, copy: int, report: Report, size: int) -> None:
        """Remember a content of `size` bytes."""
        self._reports[copy] = (report, size)
        self._held += size
        while self._held > self._limit and len(self._reports) > 1:
            self._held -= self._reports.popitem(last=False)[1][1]

    def read(self, copies: Iterable[int]) -> Stage[dict[int, Report]]:
        """These contents, from memory or else from the table."""
        wanted = set(copies)
        found = {copy: self._reports[copy][0] for copy in wanted & self._reports.keys()}
        for copy in found:
            self._reports.move_to_end(copy)
        if wanted - found.keys():
            for copy, type_, data in (yield reports.read_data(sorted(wanted - found.keys()))):
                found[copy] = REPORT_TYPES[type_].read(data)
                self.keep(copy, found[copy], len(data))
        return found
