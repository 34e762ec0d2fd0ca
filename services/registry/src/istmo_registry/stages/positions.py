"""Moving positions in the log by compare-and-set, in the transaction that stores what was read."""

from collections.abc import Sequence

from istmo_common.errors import PositionMoved
from istmo_common.kafka.batches import Move
from istmo_registry.store import offsets
from istmo_registry.store.statement import ROLLBACK, Stage

__all__ = ["move_positions"]


def move_positions(moves: Sequence[Move]) -> Stage[None]:
    """Move every position that still is where it was when the batch was read.

    Raises `PositionMoved`, with the transaction rolled back, if one is not: the partition is another worker's by now.
    """
    first = [move for move in moves if move.expected is None]
    later = [move for move in moves if move.expected is not None]
    moved = 0
    if first:
        moved += len((yield offsets.begin_offsets(first)))
    if later:
        if len(later) > 1:
            yield offsets.lock_offsets(later)
        moved += len((yield offsets.move_offsets(later)))
    if moved < len(moves):
        yield ROLLBACK
        raise PositionMoved("another worker reads these partitions now")
