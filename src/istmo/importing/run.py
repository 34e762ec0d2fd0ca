"""One import from the first byte of the file to its last receipt."""

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from istmo.importing.batches import Batch, named, read_batches
from istmo.importing.client import IngestClient
from istmo.importing.completing import compare
from istmo.importing.result import ImportResult, RefusedPlace
from istmo_common.events.values import MarkingStatement
from istmo_common.problems import FieldError
from istmo_ingest.domain.faults import Fault
from istmo_ingest.iati import ReadActivity, UnreadableFile, check_beginning

__all__ = ["digest_of", "send_file"]

_AT_ONCE: Final = 2
_CHUNK_BYTES: Final = 1024 * 1024


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, 64 hex digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


async def send_file(
    client: IngestClient,
    path: Path,
    marking: MarkingStatement,
    language: str,
    progress: Callable[[int, ImportResult], None],
    *,
    complete: bool = False,
) -> ImportResult:
    """Send the activities of the file at `path` and their transactions, all under `marking`.

    Interrupted, and run again, it goes on in the same import; nothing is doubled. `progress` is told how many bytes
    were read, and the result so far. Of a `complete` file the result says what it lacks. After it comes
    `istmo.importing.completing.finish_import`. Raises `IngestAway` and `IngestRefused`.
    """
    result = ImportResult()
    try:
        await asyncio.to_thread(_check, path)
    except UnreadableFile as error:
        result.unreadable = error.told(language)
        return result
    opened = await client.open_import(path.name, await asyncio.to_thread(digest_of, path), marking)
    result.import_id, result.resumed = opened.id, opened.resumed
    batches = read_batches(path, opened.id, marking, result.file)
    try:
        # One thread for the whole file: a parser of lxml that goes on in another one crashes the process.
        with ThreadPoolExecutor(1) as thread:
            work = _Work(client, batches, thread, result, language, progress)
            async with asyncio.TaskGroup() as group:
                for _ in range(_AT_ONCE):
                    group.create_task(work.send())
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    if complete and result.unreadable is None and not result.nameless:
        await compare(client, opened.id, result)
    return result


def _check(path: Path) -> None:
    with path.open("rb") as file:
        check_beginning(file)


class _Work:
    """Batches of one file, of which several senders take the next in turn."""

    def __init__(
        self,
        client: IngestClient,
        batches: Iterator[Batch],
        thread: ThreadPoolExecutor,
        result: ImportResult,
        language: str,
        progress: Callable[[int, ImportResult], None],
    ) -> None:
        self._client = client
        self._batches = batches
        self._thread = thread
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
                return await asyncio.get_running_loop().run_in_executor(self._thread, next, self._batches, None)
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
        self._file(read, "reported")
        self._result.transactions += len(receipt.get("transactions", []))

    def _refuse(self, read: ReadActivity, faults: list[tuple[str, FieldError]]) -> None:
        self._result.refused += 1
        self._file(read, "refused")
        self._result.add_faults([RefusedPlace(told.pointer, value, told.detail, told.remedy) for value, told in faults])

    def _file(self, read: ReadActivity, fate: str) -> None:
        name = named(read)
        if name is None:
            self._result.nameless += 1
        elif self._result.filed.get(name) != "reported":
            # A second element of one identifier that differs is refused; the first is what the file has.
            self._result.filed[name] = fate


def _told(read: ReadActivity, problem: dict[str, Any]) -> list[tuple[str, FieldError]]:
    """What ingest says about an activity, with places in the file instead of those in the event."""
    told = []
    for error in problem["errors"]:
        found = read.refused(Fault(error["code"], error["pointer"]))
        told.append((found.value, FieldError(found.place, error["code"], error["detail"], error["remedy"])))
    return told
