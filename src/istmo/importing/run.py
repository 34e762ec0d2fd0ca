"""One import from the first byte of the file to its last receipt."""

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from istmo.importing.batches import Batch, read_batches
from istmo.importing.client import IngestClient
from istmo_common.events.values import MarkingStatement
from istmo_common.problems import FieldError
from istmo_ingest.domain.faults import Fault
from istmo_ingest.iati import FileSummary, ReadActivity, UnreadableFile

__all__ = ["MOST_FAULTS", "ImportResult", "RefusedPlace", "digest_of", "run_import"]

MOST_FAULTS: Final = 50
"""So many are told; a file that is wrong throughout is not told line by line."""
_AT_ONCE: Final = 2
_CHUNK_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class RefusedPlace:
    """One fault of an activity: where in the file, what stands there, what is wrong and what would be right."""

    place: str
    value: str
    detail: str
    remedy: str


@dataclass(slots=True)
class ImportResult:
    """What an import came to. `refused` counts activities; `faults` say what is wrong with them."""

    import_id: str
    resumed: bool
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

    @property
    def complete(self) -> bool:
        """Whether everything in the file was accepted or known already."""
        return self.refused == 0 and self.unreadable is None

    def counts(self) -> dict[str, int]:
        """What the journal of imports keeps."""
        names = ("accepted", "duplicates", "refused", "transactions")
        return {name: getattr(self, name) for name in names}


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, 64 hex digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


async def run_import(
    client: IngestClient,
    path: Path,
    marking: MarkingStatement,
    language: str,
    progress: Callable[[int, ImportResult], None],
) -> ImportResult:
    """Import the file at `path`: its activities and their transactions, all under `marking`.

    Interrupted, and run again, it goes on in the same import; nothing is doubled. `progress` is told how many bytes
    were read, and the result so far. Raises `IngestAway` and `IngestRefused`.
    """
    opened = await client.open_import(path.name, await asyncio.to_thread(digest_of, path), marking)
    result = ImportResult(opened.id, opened.resumed)
    work = _Work(client, read_batches(path, opened.id, marking, result.file), result, language, progress)
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(work.send())
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    await client.finish_import(opened.id, result.counts())
    return result


class _Work:
    """Batches of one file, of which several senders take the next in turn."""

    def __init__(
        self,
        client: IngestClient,
        batches: Iterator[Batch],
        result: ImportResult,
        language: str,
        progress: Callable[[int, ImportResult], None],
    ) -> None:
        self._client = client
        self._batches = batches
        self._result = result
        self._language = language
        self._progress = progress
        self._reading = asyncio.Lock()

    async def send(self) -> None:
        """Send batches until there are no more."""
        while (batch := await self._next()) is not None:
            for read in batch.refused:
                self._refuse(read, [(each.value, each.told(self._language)) for each in read.refusals])
            receipts = await self._client.post(batch.events) if batch.events else []
            for read, receipt in zip(batch.sent, receipts, strict=True):
                self._take(read, receipt)
            self._progress(batch.read_bytes, self._result)

    async def _next(self) -> Batch | None:
        async with self._reading:
            try:
                # In a thread, so that reading stops neither the other sender nor Ctrl-C.
                return await asyncio.to_thread(next, self._batches, None)
            except UnreadableFile as error:
                self._result.unreadable = error.told(self._language)
                return None

    def _take(self, read: ReadActivity, receipt: dict[str, Any]) -> None:
        match receipt["status"]:
            case "accepted":
                self._result.accepted += 1
            case "duplicate":
                self._result.duplicates += 1
            case _:
                self._refuse(read, _told(read, receipt["problem"]))
                return
        self._result.transactions += len(receipt.get("transactions", []))

    def _refuse(self, read: ReadActivity, faults: list[tuple[str, FieldError]]) -> None:
        self._result.refused += 1
        room = MOST_FAULTS - len(self._result.faults)
        self._result.faults += [
            RefusedPlace(told.pointer, value, told.detail, told.remedy) for value, told in faults[:room]
        ]
        self._result.faults_untold += len(faults[room:])


def _told(read: ReadActivity, problem: dict[str, Any]) -> list[tuple[str, FieldError]]:
    """What ingest says about an activity, with places in the file instead of those in the event."""
    told = []
    for error in problem["errors"]:
        found = read.refused(Fault(error["code"], error["pointer"]))
        told.append((found.value, FieldError(found.place, error["code"], error["detail"], error["remedy"])))
    return told
