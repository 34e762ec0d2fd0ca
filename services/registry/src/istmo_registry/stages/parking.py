"""Setting aside what cannot be done, so that everything else can: kept in a table with its error, to be seen."""

import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from istmo_common.errors import IstmoError
from istmo_common.kafka.batches import Move, Partition, Place
from istmo_registry.stages.claims import Claim
from istmo_registry.stages.positions import move_positions
from istmo_registry.store import dirty, parked, work
from istmo_registry.store.parked import ParkedRow
from istmo_registry.store.stage_records import Arrived, insert_arrivals, insert_stage_records
from istmo_registry.store.statement import BEGIN, BEGIN_FOLD, COMMIT, Stage

__all__ = ["describe", "set_aside", "set_record_aside"]


def describe(error: BaseException) -> str:
    """What went wrong and where, without the error's text unless it is one of ours: another's may quote a report."""
    text = f": {error}" if isinstance(error, IstmoError) else ""
    frames = traceback.extract_tb(error.__traceback__)
    where = "".join(f" in {frame.name}, line {frame.lineno} of {Path(frame.filename).name}" for frame in frames[-1:])
    return f"{type(error).__qualname__}{where}{text}"


def set_aside(stage: Literal["match", "resolve"], claim: Claim, error: str) -> Stage[None]:
    """Take the claimed rows out of the way and note the activities as parked."""
    ids = [row.id for row in claim.rows]
    rows = {
        row.activity: ParkedRow(
            stage=stage,
            subject=str(row.activity),
            activity=row.activity,
            mode="match" if row.activity in claim.to_match else row.mode,
            error=error,
            traceparent=row.traceparent,
        )
        for row in reversed(claim.rows)
    }
    yield BEGIN
    yield dirty.delete_dirty(ids) if stage == "match" else work.delete_work(ids)
    yield parked.park(rows.values())
    if records := claim.records(f"parked: {error}"):
        yield insert_stage_records(stage, records)
    yield COMMIT


def set_record_aside(
    partition: Partition,
    offset: int,
    moves: Sequence[Move],
    error: str,
    traceparent: str | None,
    arrived: Sequence[Arrived] = (),
) -> Stage[None]:
    """Note a record of the log as parked, and go past it. The log keeps it. `arrived`: the report in it, if one is."""
    subject = str(Place(partition.topic, partition.number, offset))
    yield BEGIN_FOLD
    yield parked.park([ParkedRow("fold", subject, None, None, error, traceparent)])
    if arrived:
        yield insert_arrivals(arrived)
    yield from move_positions(moves)
    yield COMMIT
