"""Two posts of one id at the same moment, in one process."""

import asyncio

import pytest

from istmo_ingest.in_flight import InFlight

A, B, C = ("p", "/s", "a"), ("p", "/s", "b"), ("p", "/s", "c")


async def test_one_id_is_decided_on_once_at_a_time() -> None:
    """The second of two simultaneous posts of an id is decided on when the first has its answer."""
    in_flight, order = InFlight(), []

    async def post(name: str) -> None:
        with await in_flight.claim({A, B}, patience_seconds=5):
            order.append(f"{name} begins")
            await asyncio.sleep(0.01)
            order.append(f"{name} ends")

    await asyncio.gather(post("first"), post("second"))
    expected = ["first begins", "first ends", "second begins", "second ends"]

    assert expected == order


async def test_overlapping_batches_do_not_wait_for_each_other_for_ever() -> None:
    """Batches that share ids in any order all get through."""
    in_flight = InFlight()

    async def post(*names: tuple[str, str, str]) -> None:
        with await in_flight.claim(names, patience_seconds=5):
            await asyncio.sleep(0)

    batches = [post(A, B), post(B, A), post(B, C), post(C, A), post(A, B, C)] * 20
    async with asyncio.timeout(5):
        await asyncio.gather(*batches)


async def test_waiting_ends() -> None:
    """Whoever waits for another's answer gets its own in time, and nothing stays claimed."""
    in_flight = InFlight()
    with await in_flight.claim({A}, patience_seconds=1):
        with pytest.raises(TimeoutError):
            await in_flight.claim({A, B}, patience_seconds=0.01)
        with await in_flight.claim({B}, patience_seconds=0.01):
            pass
    with await in_flight.claim({A}, patience_seconds=0.01):
        pass
