"""What a whole file came to."""

from collections import Counter
from dataclasses import dataclass, field

from istmo_ingest.iati.reader import ReadActivity
from istmo_ingest.iati.splits import ExceedingSplit

__all__ = ["FileSummary"]


@dataclass(slots=True)
class FileSummary:
    """Counts over the activities of a file, added up as they are read."""

    activities: int = 0
    """Elements that can be sent."""
    transactions: int = 0
    """Transactions in them."""
    refused: int = 0
    repeated: int = 0
    """Elements equal to an earlier one of the same identifier."""
    times_missing: int = 0
    times_without_zone: int = 0
    """Last-updated times that were taken as UTC."""
    dates_with_zone: int = 0
    """Dates whose time zone was dropped."""
    exceeding: list[ExceedingSplit] = field(default_factory=list)
    """Splits that were sent without their percentages."""
    kept_out: Counter[str] = field(default_factory=Counter)
    """Elements and attributes that the contract does not carry, by name."""

    def add(self, read: ReadActivity) -> None:
        """Count one activity."""
        self.kept_out.update(read.kept_out)
        if read.refusals:
            self.refused += 1
        elif read.payload is None:
            self.repeated += 1
        else:
            self.activities += 1
            self.transactions += len(read.payload["transactions"])
            self.times_missing += read.event_time is None
            self.times_without_zone += read.time_without_zone
            self.dates_with_zone += read.dates_with_zone
            self.exceeding.extend(read.exceeding)
