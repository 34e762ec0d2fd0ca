"""The end of an import: what a complete file lacks is taken back or kept, and the import is finished."""

from collections.abc import Collection

from istmo.importing.batches import MOST_EVENTS, withdrawal
from istmo.importing.client import IngestClient, NamedActivity
from istmo.importing.result import ImportResult, RefusedPlace

__all__ = ["compare", "finish_import"]


async def compare(client: IngestClient, import_id: str, result: ImportResult) -> None:
    """Find what a complete file lacks. What an earlier run of this import decided to take back stays so."""
    await client.note_activities(import_id, result.filed)
    for missing in await client.missing(import_id):
        result.missing.append(missing.name)
        if missing.withdrawn:
            result.taken_back.append(missing.name)


async def finish_import(
    client: IngestClient, result: ImportResult, taken_back: Collection[NamedActivity], *, complete: bool
) -> None:
    """Withdraw what is to be taken back of what a complete file lacks, and close the import.

    Without effect on a file that could not be read to its end: its import stays open. Raises `IngestAway` and
    `IngestRefused`.
    """
    if result.import_id is None or result.unreadable is not None:
        return
    known = set(result.taken_back)
    new = [name for name in taken_back if name not in known]
    # Decided before it is done: an interrupted run is taken up with the same decision.
    await client.note_activities(result.import_id, dict.fromkeys(new, "withdrawn"))
    result.taken_back += new
    await _withdraw(client, result.import_id, result)
    await client.finish_import(result.import_id, result.counts(), complete=complete and not result.nameless)


async def _withdraw(client: IngestClient, import_id: str, result: ImportResult) -> None:
    for start in range(0, len(result.taken_back), MOST_EVENTS):
        names = result.taken_back[start : start + MOST_EVENTS]
        receipts = await client.post([withdrawal(import_id, name) for name in names])
        for name, receipt in zip(names, receipts, strict=True):
            if receipt["status"] == "refused":
                result.refused += 1
                result.add_faults(
                    [RefusedPlace(" ".join(name), "", e["detail"], e["remedy"]) for e in receipt["problem"]["errors"]]
                )
