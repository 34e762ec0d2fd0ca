"""Nothing that a reader gets tells that there is something it may not see: two worlds, compared byte by byte."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from istmo_notify.feeds import Feeds
from istmo_notify_samples import authorization
from istmo_notify_samples.bench import Bench, open_bench, until
from istmo_notify_samples.listening import Heard, listening
from istmo_notify_samples.receiving import receiving
from istmo_notify_samples.worlds import CANARY, CASES, LAST, PARTNERS, READERS, answers, story, timeless
from istmo_stack.testing import Server
from istmo_support.routes import routes_of

pytestmark = pytest.mark.stack

Worlds = tuple[Bench, Bench]


@pytest.fixture
async def worlds(postgres: Server, schema_prefix: str) -> AsyncIterator[Worlds]:
    """A world in which nobody keeps anything to itself, and one in which `pb` does; their stories are yet to come."""
    async with AsyncExitStack() as stack:
        benches = [
            await stack.enter_async_context(open_bench(postgres.url, schema_prefix + name))
            for name in ("plain", "kept")
        ]
        for bench in benches:
            bench.streams.heartbeat_seconds = 60
            await bench.partners(*PARTNERS)
        yield benches[0], benches[1]


async def tell(worlds: Worlds) -> None:
    for bench, hidden in zip(worlds, (False, True), strict=True):
        await story(bench, hidden=hidden)


async def subscribe(bench: Bench, reader: str, channel: dict[str, str]) -> str:
    async with bench.client(reader) as client:
        answer = await client.post("/v1/subscriptions", json={"channel": channel})
    assert 201 == answer.status_code
    return f"/v1/subscriptions/{answer.json()['id']}"


async def test_every_route_has_a_case(worlds: Worlds) -> None:
    """No new address is served before somebody has thought about what it discloses."""
    assert set(CASES) == routes_of(worlds[0].app)


@pytest.mark.parametrize("reader", READERS)
async def test_no_answer_differs(worlds: Worlds, reader: str | None) -> None:
    """What one partner keeps to itself changes no byte, id, number or count of any answer to anybody else."""
    for bench in worlds:
        if reader is not None:
            await subscribe(bench, reader, {"kind": "sse"})
        await subscribe(bench, "pb", {"kind": "sse"})
    await tell(worlds)
    plain, kept = [await answers(bench, reader) for bench in worlds]
    assert plain == kept
    asked = {what for what, answer in kept.items() if CANARY.encode() in answer}
    assert all(CANARY in what for what in asked)


async def test_its_owner_sees_what_it_keeps(worlds: Worlds) -> None:
    """The worlds do differ: the partner itself gets what it keeps, in its list and its alerts."""
    for bench in worlds:
        await subscribe(bench, "pb", {"kind": "sse"})
    await tell(worlds)
    plain, kept = [await answers(bench, "pb") for bench in worlds]
    assert {"GET /v1/alerts ", "GET /v1/subscriptions "} <= {what for what in kept if plain[what] != kept[what]}
    assert any(CANARY.encode() in answer for what, answer in kept.items() if CANARY not in what)


@pytest.mark.parametrize("reader", ["pa", "pc", "desk"])
async def test_no_delivery_differs(worlds: Worlds, reader: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A webhook gets the same requests, under the same ids, whatever another partner keeps; and no log tells of it."""
    plain, kept = [await delivered(bench, reader, hidden) for bench, hidden in zip(worlds, (False, True), strict=True)]
    assert plain == kept
    assert LAST.encode() in kept[-1][1]
    assert CANARY not in capsys.readouterr().out


async def delivered(bench: Bench, reader: str, hidden: bool) -> list[tuple[str, bytes]]:
    """Ids and bodies of all requests of a story, each batch taken before the next."""
    async with receiving() as receiver, bench.delivering(), bench.client(reader) as client:
        subscription = await subscribe(bench, reader, {"kind": "webhook", "url": receiver.url})

        async def all_taken() -> bool:
            return len(receiver.received) == (await client.get(subscription)).json()["last"]

        await story(bench, hidden=hidden, heard=lambda: until(all_taken))
        return [(one.headers["webhook-id"], timeless(one.body)) for one in receiver.received]


@pytest.mark.parametrize("reader", READERS)
async def test_no_stream_differs(worlds: Worlds, reader: str | None) -> None:
    """Who listens while things happen hears the same events under the same numbers, whatever another partner keeps."""
    plain, kept = [await streamed(bench, reader, hidden) for bench, hidden in zip(worlds, (False, True), strict=True)]
    assert plain == kept
    assert LAST in kept[-1][2]


async def streamed(bench: Bench, reader: str | None, hidden: bool) -> list[tuple[str, str, str]]:
    """All events of a story, each batch heard before the next."""
    path = "/v1/feed" if reader is None else await subscribe(bench, reader, {"kind": "sse"}) + "/stream"
    headers = {} if reader is None else authorization(reader)
    feeds = Feeds(bench.pool, bench.directory)
    async with bench.served() as url, listening(url + path, headers) as listener:
        events = [await listener.next()]

        async def all_heard() -> None:
            last = (await feeds.line(events[0].data["view"])).last
            while events[-1].data["number"] < last:
                events.append(await listener.next())

        await story(bench, hidden=hidden, heard=all_heard)
        return [timeless_event(event) for event in events]


def timeless_event(heard: Heard) -> tuple[str, str, str]:
    return heard.id, heard.event, timeless(repr(heard.data).encode()).decode()
