"""Imports: a file that a partner reports as one undertaking, which can be interrupted, resumed and withdrawn."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, NamedTuple

from istmo_common.events.values import MarkingStatement

__all__ = ["Fate", "FiledActivity", "Import", "ImportCounts", "ImportedFile", "MissingActivity", "is_import_id"]

_ID: Final = re.compile("[0-9a-f-]{36}")

Fate = Literal["reported", "refused", "withdrawn"]
"""What became of an activity in a complete import: `withdrawn` is one that its file lacks."""


def is_import_id(text: str) -> bool:
    """Whether a text can be the id of an import at all."""
    return _ID.fullmatch(text) is not None


class FiledActivity(NamedTuple):
    """An activity of a complete file, or one that was withdrawn since the file lacks it."""

    reporter: str
    activity: str
    fate: Fate


class MissingActivity(NamedTuple):
    """An activity that an earlier complete file had and an import's file lacks; `withdrawn` if that was decided."""

    reporter: str
    activity: str
    withdrawn: bool


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
    """One import of the journal; open until it is finished or withdrawn. `complete`: its file is complete."""

    import_id: str
    partner: str
    file: ImportedFile
    opened: datetime
    finished: datetime | None = None
    counts: ImportCounts | None = None
    complete: bool = False
    withdrawn: datetime | None = None

    @property
    def state(self) -> Literal["open", "finished", "withdrawn"]:
        """What may still happen to it: events may name an open one, a withdrawn one never counts again."""
        if self.withdrawn is not None:
            return "withdrawn"
        return "open" if self.finished is None else "finished"
