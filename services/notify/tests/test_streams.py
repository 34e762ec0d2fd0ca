"""Server-sent events over the real HTTP server: no gap, whatever breaks off."""

import asyncio
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from istmo_common.disclosure import PUBLIC
from istmo_common.partners import PartnerDirectory
from istmo_notify.channels.sse import stream
from istmo_notify.channels.tails import Tail
from istmo_notify.domain.reading import Entry
from istmo_notify.feeds import Feeds, Page
from istmo_notify.store import lists
from istmo_notify.store.lists import Line
from istmo_notify_samples import authorization, outcome, partner, red, sent_programme
from istmo_notify_samples.bench import Bench, until
from istmo_notify_samples.listening import listening

pytestmark = pytest.mark.stack

PA = partner("pa", "XA")


@pytest.fixture
async def subscription(bench: Bench) -> str:
    """The path of a subscription of `pa`."""
    await bench.partners(PA)
    answer = await bench.client("pa").post("/v1/subscriptions", json={"channel": {"kind": "sse"}})
    return f"/v1/subscriptions/{answer.json()['id']}"


async def tell(bench: Bench, *numbers: int) -> None:
    for number in numbers:
        await bench.take(sent_programme(f"k{number}", 1, outcome(f"p-{number}", ("XA", f"a{number}"))))


async def test_an_item_reaches_a_waiting_reader_at_once(bench: Bench, subscription: str) -> None:
    """A reader hears of a change when it is committed, not at the next look around."""
    async with bench.served() as url, listening(f"{url}{subscription}/stream", authorization("pa")) as reader:
        first = await reader.next()
        assert ("1-0", "heartbeat", 0) == (first.id, first.event, first.data["number"])
        loop = asyncio.get_running_loop()
        begin = loop.time()
        await tell(bench, 1)
        (item,) = await reader.items(1)
        assert ("1-1", "programme.changed", "p-1") == (item.id, item.event, item.data["data"]["id"])
        assert loop.time() - begin < 0.9


async def test_a_reader_resumes_without_a_gap(bench: Bench, subscription: str) -> None:
    """A reader that was cut off twice, and told things meanwhile, ends with every number once and in order."""
    heard = []
    async with bench.served() as url:
        path = f"{url}{subscription}/stream"
        await tell(bench, 1, 2)
        async with listening(path, authorization("pa")) as reader:
            heard += await reader.items(1)
        await tell(bench, 3, 4)
        async with listening(path, authorization("pa"), after=heard[-1].id) as reader:
            heard += await reader.items(2)
            await tell(bench, 5)
        async with listening(path, authorization("pa"), after=heard[-1].id) as reader:
            heard += await reader.items(2)
            assert 5 == (await reader.heartbeat()).data["number"]
    assert [f"1-{number}" for number in range(1, 6)] == [one.id for one in heard]


async def test_readers_hear_everything_that_many_writers_write(bench: Bench, subscription: str) -> None:
    """Twenty readers who come at any time see the same numbers without a gap, while lists are written at once."""

    async def read(url: str) -> list[int]:
        async with listening(f"{url}{subscription}/stream", authorization("pa")) as reader:
            return [item.data["number"] for item in await reader.items(30)]

    async with bench.served() as url:
        readers = []
        for number in range(1, 31):
            if number % 3 == 0:
                readers += [asyncio.create_task(read(url)), asyncio.create_task(read(url))]
            await tell(bench, number)
        found = await asyncio.gather(*readers)
    assert [list(range(1, 31))] * 20 == found


async def test_a_heartbeat_says_up_to_where_everything_was_told(bench: Bench, subscription: str) -> None:
    """A reader to whom nothing comes can tell silence from a broken line."""
    await tell(bench, 1, 2)
    async with bench.served() as url, listening(f"{url}{subscription}/stream", authorization("pa")) as reader:
        await reader.items(2)
        beats = [await reader.heartbeat() for _ in range(2)]
    assert [("1-2", 2), ("1-2", 2)] == [(beat.id, beat.data["number"]) for beat in beats]


async def test_a_stream_withholds_what_was_restricted_since(bench: Bench, subscription: str) -> None:
    """Who comes late to a stream does not read what may no longer be read, but sees that a number was there."""
    await bench.take(sent_programme("k1", 1, outcome("p-1", ("XB", "b1"))))
    await bench.take(sent_programme("k1", 2, outcome("p-1", ("XB", "b1"), label=red("XB"))))
    async with bench.served() as url, listening(f"{url}{subscription}/stream", authorization("pa")) as reader:
        heard = await reader.items(2)
    assert ["withheld", "programme.gone"] == [one.event for one in heard]
    assert {"epoch": 1, "number": 1, "view": heard[0].data["view"], "withheld": True} == heard[0].data


async def test_a_stream_forgets_what_its_reader_lost(bench: Bench, subscription: str) -> None:
    """Who loses an organisation while it listens hears that its restricted work is gone, and reads no more of it."""
    async with bench.served() as url, listening(f"{url}{subscription}/stream", authorization("pa")) as reader:
        await bench.take(sent_programme("k1", 1, outcome("p-1", ("XA", "a1"), label=red("XA"))))
        await reader.items(1)
        await bench.partners(partner("pa", "XZ", version=2))
        (gone,) = await reader.items(1)
        assert "programme.gone" == gone.event
        await bench.take(sent_programme("k1", 2, outcome("p-1", ("XA", "a1"), label=red("XA"), title="Otro")))
        await tell(bench, 2)
        assert "p-2" == (await reader.items(1))[0].data["data"]["id"]
    async with bench.served() as url, listening(f"{url}{subscription}/stream", authorization("pa")) as reader:
        assert ["withheld", "programme.gone"] == [one.event for one in await reader.items(2)]


async def test_a_stream_ends_with_the_key_that_it_was_opened_with(bench: Bench, subscription: str) -> None:
    """A key that is revoked, while the partner has another one, reads nothing more over a stream that is open."""
    other = {"id": "k2", "sha256": "0" * 64}
    async with bench.served() as url, listening(f"{url}{subscription}/stream", authorization("pa")) as reader:
        await reader.heartbeat()
        await bench.partners(partner("pa", "XA", version=2, keys=[other]))
        await tell(bench, 1)
        with pytest.raises(StopAsyncIteration):
            await reader.items(1)


@pytest.mark.parametrize("place", ["1-7", "2-0", "soon", "1-", "-1", "1-1-1", "9" * 30 + "-1"])
async def test_a_place_that_the_list_does_not_have_is_refused(bench: Bench, subscription: str, place: str) -> None:
    """A reader with a wrong place hears so, instead of waiting for numbers that never come."""
    answer = await bench.client("pa").get(f"{subscription}/stream", headers={"Last-Event-ID": place})
    assert (422, "position_unknown") == (answer.status_code, answer.json()["errors"][0]["code"])


async def test_a_number_beyond_the_end_of_a_list_is_refused(bench: Bench, subscription: str) -> None:
    """A reader with a number of another epoch hears so: an empty answer would tell it that it has everything."""
    answers = [
        await bench.client("pa").get(f"{subscription}/events", params={"after": 77}),
        await bench.client().get("/v1/feed", params={"after": 77}),
        await bench.client().get("/v1/feed", params={"after": 77, "countries": ["HN"]}),
        await bench.client().get("/v1/feed", params={"after": 77}, headers={"Accept": "text/event-stream"}),
    ]
    for answer in answers:
        assert (422, "position_beyond") == (answer.status_code, answer.json()["errors"][0]["code"])
        assert "/query/after" == answer.json()["errors"][0]["pointer"]


async def test_the_public_reads_the_feed_without_a_key(bench: Bench) -> None:
    """Anyone reads what anyone may read, as a range and as a stream from now on."""
    await bench.partners(PA)
    await tell(bench, 1)
    await bench.take(sent_programme("k9", 1, outcome("p-9", ("XB", "b9"), label=red("XB"))))
    page = (await bench.client().get("/v1/feed", headers={"Accept-Language": "es"})).json()
    assert (1, 1, ["p-1"]) == (page["last"], page["until"], [item["data"]["id"] for item in page["items"]])
    assert "Patrullas conjuntas" == page["items"][0]["data"]["title"]
    async with bench.served() as url, listening(f"{url}/v1/feed", language="en") as reader:
        assert "1-1" == (await reader.heartbeat()).id
        await tell(bench, 2)
        (item,) = await reader.items(1)
    assert ("1-2", "Patrullas conjuntas (en)") == (item.id, item.data["data"]["title"])


async def test_a_filtered_feed_proves_that_nothing_is_missing(bench: Bench) -> None:
    """Whoever filters the public feed sees up to which number of the whole list it has everything."""
    await bench.take(
        sent_programme("k1", 1, outcome("p-1", ("XA", "a1"), countries=["HN"])),
        sent_programme("k2", 1, outcome("p-2", ("XA", "a2"), countries=["GT"])),
        sent_programme("k1", 2, outcome("p-1", ("XA", "a1"), countries=["GT"])),
    )
    page = (await bench.client().get("/v1/feed", params={"countries": ["HN"]})).json()
    told = [(item["number"], item["type"], item["data"]["id"]) for item in page["items"]]
    assert [(1, "programme.changed", "p-1"), (3, "programme.gone", "p-1")] == told
    assert (0, 3, 3) == (page["after"], page["until"], page["last"])
    async with bench.served() as url, listening(f"{url}/v1/feed", after="1-1", countries="HN") as reader:
        (gone,) = await reader.items(1)
        assert ("1-3", "programme.gone") == (gone.id, gone.event)
        assert 3 == (await reader.heartbeat()).data["number"]


async def test_streams_end_when_the_process_is_asked_to(bench: Bench, subscription: str) -> None:
    """A restart does not wait for readers who would stay for ever; they come back behind what they had."""
    async with bench.served() as url, listening(f"{url}{subscription}/stream", authorization("pa")) as reader:
        await reader.heartbeat()
        bench.stop.set()
        with pytest.raises(StopAsyncIteration):
            await reader.items(1)


async def test_there_is_a_limit_to_streams(bench: Bench, subscription: str) -> None:
    """A process that holds as many streams as it can says so, and when to come again."""
    bench.streams.most = 1
    async with bench.served() as url:
        async with listening(f"{url}{subscription}/stream", authorization("pa")) as reader:
            await reader.heartbeat()
            async with httpx.AsyncClient() as client:
                answer = await client.get(f"{url}{subscription}/stream", headers=authorization("pa"))
            assert (503, "5") == (answer.status_code, answer.headers["retry-after"])

        async def nobody_waits() -> bool:
            return bench.tails.count == 0

        await until(nobody_waits)


async def test_a_look_that_has_ended_is_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks at the very moment that a look of others has ended looks anew, and hears of what came meanwhile."""
    looking, written = asyncio.Event(), asyncio.Event()
    lasts = iter([1, 2])

    async def find_view(*_: Any) -> Line:
        return Line("v-1", 1, next(lasts))

    async def read(*_: Any) -> list[Entry]:
        looking.set()
        await written.wait()
        return []

    monkeypatch.setattr(lists, "find_view", find_view)
    monkeypatch.setattr(lists, "read", read)
    feeds = Feeds(SimpleNamespace(connection=nullcontext), PartnerDirectory())
    early = asyncio.create_task(feeds.page("v-1", PUBLIC, 0))
    await looking.wait()
    # The look goes on next, and ends; who comes after it has the turn before those who wait for it.
    written.set()
    late = asyncio.create_task(feeds.page("v-1", PUBLIC, 0))
    assert [1, 2] == [(await early).last, (await late).last]


async def test_a_look_that_came_too_early_is_repeated() -> None:
    """A reader who shared a look that others began before the newest item does not wait for the item after it."""
    line = Line("v-1", 1, 0)
    pages = [
        Page(line, 0, 0, ()),
        Page(replace(line, last=1), 0, 1, (Entry("v-1", 1, 1),)),
        Page(replace(line, last=1), 1, 1, ()),
    ]
    tail = Tail()
    tail.grow(1)

    async def look(_: int) -> Page:
        return pages.pop(0)

    frames = stream(look, tail, line, 60, asyncio.Event())
    async with asyncio.timeout(5):
        assert b"id: 1-1" in await anext(frames)
    await frames.aclose()
