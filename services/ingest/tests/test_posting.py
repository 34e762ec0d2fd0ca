"""Posting: checked, published, and only then remembered."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from istmo_common.errors import BrokerUnavailable, DeliveryUnknown, EventTooLarge
from istmo_ingest.domain.poster import Poster
from istmo_ingest.domain.receipts import Receipt

Make = Callable[..., dict[str, Any]]


def statuses(receipts: list[Receipt]) -> list[str]:
    return [receipt.status.value for receipt in receipts]


async def test_a_retry_is_a_duplicate_with_the_first_time(world: SimpleNamespace, poster: Poster, event: Make) -> None:
    """A partner that never saw its answer sends again, and learns when it was accepted; it counts once."""
    (first,) = await world.posting.post(poster, [event()])
    (second,) = await world.posting.post(poster, [event()])

    assert ["accepted", "duplicate"] == statuses([first, second])
    assert first.recorded_time == second.recorded_time
    assert len(world.log.kept) == 1


async def test_other_content_under_an_id_is_refused(
    world: SimpleNamespace, poster: Poster, event: Make, activity: Make
) -> None:
    """An id that was used for something else cannot overwrite it."""
    await world.posting.post(poster, [event()])
    (receipt,) = await world.posting.post(poster, [event(data=activity(status="2"))])

    assert (["refused"], "id_conflict") == (statuses([receipt]), receipt.faults[0].code)
    assert len(world.log.kept) == 1


async def test_ids_are_the_partners_and_the_sources_own(world: SimpleNamespace, poster: Poster, event: Make) -> None:
    """Nobody can occupy another's id, and two systems of one partner may number alike."""
    stranger = Poster("us", poster.custody)
    receipts = [
        *await world.posting.post(poster, [event(), event(source="/systems/other")]),
        *await world.posting.post(stranger, [event()]),
    ]

    assert ["accepted"] * 3 == statuses(receipts)


async def test_one_id_twice_in_a_batch(world: SimpleNamespace, poster: Poster, event: Make, activity: Make) -> None:
    """Within a batch an equal event is a duplicate of the first, and another under its id is refused."""
    receipts = await world.posting.post(poster, [event(), event(), event(data=activity(status="2"))])

    assert ["accepted", "duplicate", "refused"] == statuses(receipts)
    assert receipts[0].recorded_time == receipts[1].recorded_time
    assert len(world.log.kept) == 1


async def test_each_event_of_a_batch_has_its_own_fate(world: SimpleNamespace, poster: Poster, event: Make) -> None:
    """A batch is not atomic: one wrong event, and one that the log does not acknowledge, stop no other."""
    world.log.answer = lambda item: DeliveryUnknown("") if b"HN-SEG-2" in item.key else None
    second = event(id="e-2", data=event()["data"] | {"activity": "HN-SEG-2"})
    receipts = await world.posting.post(poster, [event(), second, {"id": "e-3"}, "stray"])

    assert [("e-1", "accepted"), ("e-2", "unknown"), ("e-3", "refused"), (None, "refused")] == [
        (receipt.id, receipt.status.value) for receipt in receipts
    ]


async def test_what_was_not_acknowledged_is_not_remembered(world: SimpleNamespace, poster: Poster, event: Make) -> None:
    """After `unknown`, the same id is published again instead of being called a duplicate of nothing."""
    world.log.answer = lambda _: BrokerUnavailable("away")
    away = await world.posting.post(poster, [event(), event()])
    world.log.answer = lambda _: None
    back = await world.posting.post(poster, [event()])

    assert (["unknown", "unknown"], ["accepted"]) == (statuses(away), statuses(back))
    assert len(world.log.kept) == 1


async def test_a_crash_between_publishing_and_remembering_doubles_nothing_wrongly(
    world: SimpleNamespace, poster: Poster, event: Make
) -> None:
    """A retry after such a crash is published once more, equal to the first but for its recorded time."""
    world.accepted.away = True
    await world.posting.post(poster, [event()])
    world.accepted.away = False
    await world.posting.post(poster, [event()])
    first, second = world.log.events()

    assert first.content_hash == second.content_hash
    assert first.recorded_time < second.recorded_time


async def test_simultaneous_posts_of_one_id_agree(world: SimpleNamespace, poster: Poster, event: Make) -> None:
    """Of two clients that send one event at the same moment one is told accepted, the other duplicate."""
    send = world.log.send_many

    async def slow(outgoing: Any) -> Any:
        await asyncio.sleep(0.01)
        return await send(outgoing)

    world.log.send_many = slow
    posts = await asyncio.gather(*(world.posting.post(poster, [event()]) for _ in range(3)))

    assert ["accepted", "duplicate", "duplicate"] == sorted(statuses([receipt for (receipt,) in posts]))
    assert len(world.log.kept) == 1


async def test_what_the_log_cannot_hold_is_refused(world: SimpleNamespace, poster: Poster, event: Make) -> None:
    """An event that no retry would help is refused, not called unknown."""
    world.log.answer = lambda _: EventTooLarge("")
    (receipt,) = await world.posting.post(poster, [event()])

    assert ("refused", "event_too_large") == (receipt.status.value, receipt.faults[0].code)


async def test_recorded_times_rise(world: SimpleNamespace, poster: Poster, event: Make) -> None:
    """No two events of a batch were recorded at the same moment, even where the clock stands still."""
    receipts = await world.posting.post(poster, [event(id=f"e-{n}") for n in range(40)])
    times = [receipt.recorded_time for receipt in receipts]

    assert sorted(set(times)) == times
