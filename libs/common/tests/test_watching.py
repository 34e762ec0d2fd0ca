"""What waits, and when it is called stuck."""

from istmo_common.kafka.batches import Partition
from istmo_common.watching import Movement, Picture, Queue, Watching, lags_of, stuck


def test_lag_is_what_lies_between_the_stored_position_and_the_end() -> None:
    """An operator sees of every partition how far its reader is behind, also of one that was never read."""
    ends = {Partition("activities", 0): 10, Partition("activities", 1): 4, Partition("activities", 2): 0}
    lags = lags_of({("activities", 0): 7, ("transactions", 0): 3}, ends)
    assert [("activities", 0, 3), ("activities", 1, 4), ("transactions", 0, None)] == [
        (lag.topic, lag.partition, lag.lag) for lag in lags
    ]


def test_only_a_partition_that_is_behind_and_stands_still_is_stuck() -> None:
    """A busy reader is not called stuck, an idle one neither; one that stopped is, after a minute."""
    now = 0.0
    movement = Movement(clock=lambda: now)

    def look(stored: int, end: int) -> list[str]:
        lags = lags_of({("activities", 0): stored}, {Partition("activities", 0): end})
        return stuck(Picture(lags, (), 0, movement.note(lags)))

    assert [] == look(5, 5)
    now = 1000.0
    assert [] == look(5, 9)
    now = 1050.0
    assert [] == look(6, 9)
    now = 1105.0
    assert [] == look(6, 9)
    now = 1115.0
    assert ["activities/0 is behind and has not moved for 65 s"] == look(6, 9)
    now = 1116.0
    assert [] == look(9, 9)


async def test_old_rows_and_parked_things_are_named() -> None:
    """What waits longer than two minutes, and what was put aside, is said in words."""

    async def ends() -> dict[Partition, int]:
        return {}

    queues = [Queue("match", 3, 121.0), Queue("resolve", 50, 20.0), Queue("relay", 0, None)]
    picture = await Watching(ends).picture({}, queues, parked=2)
    assert ["match: 3 rows wait, the oldest for 121 s", "parked: 2"] == stuck(picture)
