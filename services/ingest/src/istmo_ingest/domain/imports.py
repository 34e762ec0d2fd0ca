"""Imports: a file that a partner reports as one undertaking, which can be interrupted and resumed."""

from dataclasses import dataclass
from datetime import datetime

from istmo_common.events.values import MarkingStatement

__all__ = ["Import", "ImportCounts", "ImportedFile"]


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What is imported: the file's name and digest (SHA-256, 64 hex digits), and the marking for all that is in it."""

    name: str
    sha256: str
    marking: MarkingStatement


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """What a finished import came to: activities by what became of them, and the transactions that they state."""

    accepted: int
    duplicates: int
    refused: int
    transactions: int


@dataclass(frozen=True, slots=True)
class Import:
    """One import of the journal; open until it is finished."""

    import_id: str
    partner: str
    file: ImportedFile
    opened: datetime
    finished: datetime | None = None
    counts: ImportCounts | None = None
