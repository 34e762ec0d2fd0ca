"""What an import came to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from istmo.importing.client import NamedActivity
from istmo_common.problems import FieldError
from istmo_ingest.iati import FileSummary

__all__ = ["MOST_FAULTS", "ImportResult", "RefusedPlace"]

MOST_FAULTS: Final = 50
"""So many are told; a file that is wrong throughout is not told line by line."""


@dataclass(frozen=True, slots=True)
class RefusedPlace:
    """One fault of an activity: where in the file, what stands there, what is wrong and what would be right."""

    place: str
    value: str
    detail: str
    remedy: str


@dataclass(slots=True)
class ImportResult:
    """What an import came to. `refused` counts activities; `faults` say what is wrong with them.

    `import_id` is None where nothing of the file could be read: then none was opened.
    """

    import_id: str | None = None
    resumed: bool = False
    file: FileSummary = field(default_factory=FileSummary)
    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    transactions: int = 0
    """Transactions that the accepted and the duplicate activities state."""
    faults: list[RefusedPlace] = field(default_factory=list)
    faults_untold: int = 0
    """Faults beyond the first `MOST_FAULTS`."""
    unreadable: FieldError | None = None
    """Why the file could not be read to its end."""
    filed: dict[NamedActivity, str] = field(default_factory=dict)
    """What became of each activity of the file."""
    nameless: int = 0
    """Refused elements that do not say which activity they are."""
    missing: list[NamedActivity] = field(default_factory=list)
    """What earlier complete files had and this complete one lacks; of it `taken_back` is withdrawn, the rest kept."""
    taken_back: list[NamedActivity] = field(default_factory=list)

    @property
    def kept(self) -> list[NamedActivity]:
        """What is missing and stays."""
        taken = set(self.taken_back)
        return [name for name in self.missing if name not in taken]

    @property
    def complete(self) -> bool:
        """Whether everything in the file was accepted or known already."""
        return self.refused == 0 and self.unreadable is None

    def add_faults(self, faults: Sequence[RefusedPlace]) -> None:
        """Keep what is told, as far as there is room."""
        room = MOST_FAULTS - len(self.faults)
        self.faults += faults[:room]
        self.faults_untold += len(faults[room:])

    def counts(self) -> dict[str, int]:
        """What the journal of imports keeps."""
        names = ("accepted", "duplicates", "refused", "transactions")
        return {name: getattr(self, name) for name in names}
