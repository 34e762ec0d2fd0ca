"""Subscriptions by API, and the lists that they follow, over real tables."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from istmo_common.errors import PositionMoved
from istmo_notify.domain.alerts import alert_id
from istmo_notify.store import lists
from istmo_notify_samples import (
    cleared,
    duplicate,
    oddity,
    outcome,
    partner,
    red,
    sent_finding,
    sent_partner,
    sent_programme,
    side,
)
from istmo_notify_samples.bench import Bench, until
from istmo_notify_samples.receiving import receiving

PA, PB = partner("pa", "XA"), partner("pb", "XB", language="en")
DESK = partner("desk", custodian_of="unclaimed", steward=True)
FOUND = duplicate(1, side(("XA", "a1")), side(("XB", "b1"), title="Patrullaje"))

pytestmark = pytest.mark.stack


@pytest.fixture
async def pa(bench: Bench) -> httpx.AsyncClient:
    """A client of the partner `pa`, on a bench that has `pa`, `pb` and the desk."""
    await bench.partners(PA, PB, DESK)
    return bench.client("pa")


async def subscribe(client: httpx.AsyncClient, **stated: Any) -> Any:
    answer = await client.post("/v1/subscriptions", json={"channel": {"kind": "sse"}} | stated)
    assert 201 == answer.status_code, answer.text
    return answer.json()


async def items(client: httpx.AsyncClient, subscription: Any, **query: Any) -> Any:
    answer = await client.get(f"/v1/subscriptions/{subscription['id']}/events", params=query)
    assert 200 == answer.status_code, answer.text
    return answer.json()["items"]


async def test_a_duplicate_reaches_both_sides_once(bench: Bench, pa: httpx.AsyncClient) -> None:
    """Both partners of a duplicate get one alert each, in their own language, its own record first."""
    pb = bench.client("pb")
    of_pa, of_pb = await subscribe(pa), await subscribe(pb)
    await bench.take(sent_finding(FOUND))
    await bench.take(sent_finding(FOUND))
    ours, theirs = await items(pa, of_pa), await items(pb, of_pb)
    assert [("alert.raised", 1)] == [(item["type"], item["number"]) for item in ours]
    assert [("alert.raised", 1)] == [(item["type"], item["number"]) for item in theirs]
    assert ["XA", "XB"] == [one["reporter"] for one in ours[0]["data"]["sides"]]
    assert "podrían ser" in ours[0]["data"]["summary"]
    assert ["XB", "XA"] == [one["reporter"] for one in theirs[0]["data"]["sides"]]
    assert "may be" in theirs[0]["data"]["summary"]


async def test_what_is_odd_is_told_to_its_reporter_alone(bench: Bench, pa: httpx.AsyncClient) -> None:
    """Nobody else hears that somebody used an id twice."""
    pb = bench.client("pb")
    of_pa, of_pb = await subscribe(pa), await subscribe(pb)
    await bench.take(sent_finding(oddity(1, "id-conflict", side(("XA", "a1")))))
    await bench.take(sent_finding(oddity(1, "older-report", side(("XA", "a1")))))
    assert ["id-conflict", "older-report"] == [item["data"]["kind"] for item in await items(pa, of_pa)]
    assert [] == await items(pb, of_pb)


async def test_an_alert_is_updated_and_cleared_in_place(bench: Bench, pa: httpx.AsyncClient) -> None:
    """The list tells the life of an alert under one id, and the stored alert is where it ended."""
    await bench.take(
        sent_programme("k1", 1, outcome("p-1", ("XA", "a1"))), sent_programme("k2", 1, outcome("p-2", ("XB", "b1")))
    )
    mine = await subscribe(pa)
    again = FOUND.model_copy(update={"version": 2, "score": "7.0000"})
    for sent in (sent_finding(FOUND), sent_finding(again), sent_finding(FOUND)):
        await bench.take(sent)
    stored = (await pa.get("/v1/alerts")).json()["items"]
    assert [("updated", 2, "7.0000")] == [(one["state"], one["revision"], one["alert"]["score"]) for one in stored]
    await bench.take(sent_finding(cleared(FOUND, 3)), sent_finding(again))
    told = await items(pa, mine)
    assert ["alert.raised", "alert.updated", "alert.cleared"] == [item["type"] for item in told]
    assert 1 == len({item["data"]["id"] for item in told})
    assert [] == (await pa.get("/v1/alerts")).json()["items"]
    kept = (await pa.get("/v1/alerts", params={"cleared": True})).json()["items"]
    assert [("cleared", 3, None)] == [(one["state"], one["revision"], one["alert"]) for one in kept]


async def test_unclaimed_organisations_alert_the_desk_until_they_are_claimed(
    bench: Bench, pa: httpx.AsyncClient
) -> None:
    """An alert moves from the desk to the partner that claims the organisation, without the finding coming again."""
    desk = bench.client("desk")
    await bench.take(sent_finding(oddity(1, "id-conflict", side(("XC", "c1")))))
    assert 1 == len((await desk.get("/v1/alerts")).json()["items"])
    await bench.partners(partner("pc", "XC"))
    assert 0 == len((await desk.get("/v1/alerts")).json()["items"])
    assert 1 == len((await bench.client("pc").get("/v1/alerts")).json()["items"])
    assert 0 == len((await pa.get("/v1/alerts")).json()["items"])


async def test_a_filter_keeps_to_what_it_asks_for(bench: Bench, pa: httpx.AsyncClient) -> None:
    """A donor's desk that asks for one country hears of that country, also when a programme leaves it."""
    mine = await subscribe(pa, filter={"countries": ["GT"]}, language="es")
    await bench.take(
        sent_programme("k1", 1, outcome("p-1", ("XB", "b1"), countries=["HN"])),
        sent_programme("k2", 1, outcome("p-2", ("XB", "b2"), countries=["GT", "HN"])),
        sent_programme("k1", 2, outcome("p-1", ("XB", "b1"), countries=["GT"])),
        sent_programme("k1", 3, outcome("p-1", ("XB", "b1"), countries=["HN"])),
    )
    told = [(item["number"], item["type"], item["data"]["id"]) for item in await items(pa, mine)]
    assert [(1, "programme.changed", "p-2"), (2, "programme.changed", "p-1"), (3, "programme.gone", "p-1")] == told


@pytest.mark.parametrize(
    ("filter", "told"),
    [
        ({}, ["programme.changed", "alert.raised"]),
        ({"types": ["alert.raised"]}, ["alert.raised"]),
        ({"goals": ["1"]}, ["programme.changed", "alert.raised"]),
        ({"goals": ["2"]}, []),
        ({"organisations": ["XB"]}, ["alert.raised"]),
        ({"organisations": ["XA"], "countries": ["HN", "SV"]}, ["programme.changed", "alert.raised"]),
    ],
)
async def test_filters_by_type_goal_and_organisation(
    bench: Bench, pa: httpx.AsyncClient, filter: dict[str, list[str]], told: list[str]
) -> None:
    """Each facet chooses by itself, and all of them together."""
    mine = await subscribe(pa, filter=filter)
    await bench.take(sent_programme("k1", 1, outcome("p-1", ("XA", "a1"))))
    await bench.take(sent_finding(FOUND))
    assert told == [item["type"] for item in await items(pa, mine)]


async def test_what_was_restricted_since_is_withheld(bench: Bench, pa: httpx.AsyncClient) -> None:
    """Whoever loses sight of a programme hears that it is gone, and reads its old items no more; its owner does."""
    pb = bench.client("pb")
    of_pa, of_pb = await subscribe(pa), await subscribe(pb)
    await bench.take(sent_programme("k1", 1, outcome("p-1", ("XB", "b1"))))
    await bench.take(sent_programme("k1", 2, outcome("p-1", ("XB", "b1"), label=red("XB"), title="Reservado")))
    ours, theirs = await items(pa, of_pa), await items(pb, of_pb)
    assert {"epoch": 1, "number": 1, "view": of_pa["view"], "withheld": True} == ours[0]
    assert ("programme.gone", 2, {"id": "p-1"}) == (ours[1]["type"], ours[1]["number"], ours[1]["data"])
    assert ["programme.changed", "programme.changed"] == [item["type"] for item in theirs]
    assert "Reservado (en)" == theirs[1]["data"]["title"]


async def test_what_becomes_clear_again_is_read_again(bench: Bench, pa: httpx.AsyncClient) -> None:
    """A marking that was set by mistake and taken back leaves no hole in the list."""
    mine = await subscribe(pa)
    for version, label in ((1, red()), (2, red("XB")), (3, red())):
        await bench.take(sent_programme("k1", version, outcome("p-1", ("XB", "b1"), label=label)))
    told = [item.get("type", "withheld") for item in await items(pa, mine)]
    assert ["programme.changed", "programme.gone", "programme.changed"] == told


async def test_a_merge_tells_of_one_programme_less(bench: Bench, pa: httpx.AsyncClient) -> None:
    """Two programmes that turn out to be one end as one, whichever of the two records comes first."""
    mine = await subscribe(pa)
    await bench.take(
        sent_programme("k1", 1, outcome("p-1", ("XA", "a1"))), sent_programme("k2", 1, outcome("p-2", ("XB", "b1")))
    )
    await bench.take(sent_programme("k2", 2))
    await bench.take(sent_programme("k1", 2, outcome("p-1", ("XA", "a1"), ("XB", "b1"))))
    told = await items(pa, mine, after=2)
    assert [("programme.gone", "p-2"), ("programme.changed", "p-1")] == [(i["type"], i["data"]["id"]) for i in told]
    assert 2 == len(told[1]["data"]["members"])
    assert all("withheld" not in item for item in await items(pa, mine))


async def test_any_range_can_be_recalled(bench: Bench, pa: httpx.AsyncClient) -> None:
    """A subscriber pages through its list, and sees from each page whether there is more."""
    mine = await subscribe(pa)
    for number in range(1, 8):
        await bench.take(sent_programme(f"k{number}", 1, outcome(f"p-{number}", ("XA", f"a{number}"))))
    pages: list[Any] = []
    after = 0
    while not pages or pages[-1]["until"] < pages[-1]["last"]:
        answer = await pa.get(f"/v1/subscriptions/{mine['id']}/events", params={"after": after, "limit": 3})
        pages.append(answer.json())
        after = pages[-1]["until"]
    assert [[1, 2, 3], [4, 5, 6], [7]] == [[item["number"] for item in page["items"]] for page in pages]
    assert [7, 7, 7] == [page["last"] for page in pages]


async def test_subscriptions_of_one_view_share_its_list(bench: Bench, pa: httpx.AsyncClient) -> None:
    """The same wish told in another order is the same list; a new cursor on it begins at its end."""
    first = await subscribe(pa, filter={"countries": ["GT", "HN"]})
    await bench.take(sent_programme("k1", 1, outcome("p-1", ("XA", "a1"))))
    second = await subscribe(pa, filter={"countries": ["HN", "GT", "HN"]})
    assert (first["view"], 0, 1) == (second["view"], first["start"], second["start"])
    assert first["view"] != (await subscribe(pa, filter={"countries": ["HN"]}))["view"]
    assert first["view"] != (await subscribe(pa, filter={"countries": ["GT", "HN"]}, language="en"))["view"]


async def test_a_list_that_nobody_followed_begins_a_new_epoch(bench: Bench, pa: httpx.AsyncClient) -> None:
    """Numbers are never used for something else: who comes back to a closed list sees that it is another one."""
    first = await subscribe(pa)
    await bench.take(sent_programme("k1", 1, outcome("p-1", ("XA", "a1"))))
    assert 204 == (await pa.delete(f"/v1/subscriptions/{first['id']}")).status_code
    await bench.take(sent_programme("k1", 2, outcome("p-1", ("XA", "a1"), title="Otro")))
    second = await subscribe(pa)
    assert (first["view"], 1, 2, 0) == (second["view"], first["epoch"], second["epoch"], second["last"])
    resumed = await pa.get(f"/v1/subscriptions/{second['id']}/stream", headers={"Last-Event-ID": "1-1"})
    assert (409, "/problems/epoch-closed") == (resumed.status_code, resumed.json()["type"])


async def test_a_deleted_subscription_is_gone(bench: Bench, pa: httpx.AsyncClient) -> None:
    """After deleting, the id answers as if it had never been, and what it followed goes on for the others."""
    first, second = await subscribe(pa), await subscribe(pa)
    path = f"/v1/subscriptions/{first['id']}"
    assert 204 == (await pa.delete(path)).status_code
    assert [404, 404, 404] == [
        (await pa.get(path)).status_code,
        (await pa.get(f"{path}/events")).status_code,
        (await pa.delete(path)).status_code,
    ]
    await bench.take(sent_programme("k1", 1, outcome("p-1", ("XA", "a1"))))
    assert 1 == len(await items(pa, second))


async def test_there_is_a_limit_to_subscriptions(bench: Bench, pa: httpx.AsyncClient) -> None:
    """One partner cannot make the platform write lists without end, and hears what the limit is."""
    made = [await subscribe(pa) for _ in range(5)]
    answer = await pa.post("/v1/subscriptions", json={"channel": {"kind": "sse"}})
    assert (409, "/problems/too-many-subscriptions") == (answer.status_code, answer.json()["type"])
    listed = (await pa.get("/v1/subscriptions")).json()
    assert ([one["id"] for one in made], 5) == ([one["id"] for one in listed["items"]], listed["most"])
    await subscribe(bench.client("pb"))


async def test_the_limit_holds_for_those_who_ask_at_once(bench: Bench, pa: httpx.AsyncClient) -> None:
    """Asking many times at the same moment gets nobody past the limit."""
    form = {"channel": {"kind": "sse"}}
    answers = await asyncio.gather(*(pa.post("/v1/subscriptions", json=form) for _ in range(10)))
    assert [201] * 5 + [409] * 5 == sorted(answer.status_code for answer in answers)


@pytest.mark.parametrize(
    ("form", "pointer", "code"),
    [
        ({}, "/body/channel", "missing"),
        ({"channel": {"kind": "pigeon"}}, "/body/channel", "union_tag_invalid"),
        ({"channel": {"kind": "webhook"}}, "/body/channel/url", "missing"),
        ({"channel": {"kind": "sse", "url": "https://example.org/"}}, "/body/channel/url", "extra_forbidden"),
        ({"channel": {"kind": "webhook", "url": "http://10.0.0.1/"}}, "/body/channel/url", "webhook_address"),
        ({"channel": {"kind": "webhook", "url": "ftp://example.org/"}}, "/body/channel/url", "webhook_scheme"),
        ({"channel": {"kind": "sse"}, "filter": {"countries": ["XX"]}}, "/body/filter/countries/0", "not_in_codelist"),
        ({"channel": {"kind": "sse"}, "filter": {"goals": ["6"]}}, "/body/filter/goals/0", "not_in_codelist"),
        ({"channel": {"kind": "sse"}, "filter": {"types": ["alert"]}}, "/body/filter/types/0", "literal_error"),
        ({"channel": {"kind": "sse"}, "filter": {"places": []}}, "/body/filter/places", "extra_forbidden"),
        (
            {"channel": {"kind": "sse"}, "filter": {"organisations": ["X"] * 101}},
            "/body/filter/organisations",
            "too_long",
        ),
        ({"channel": {"kind": "sse"}, "language": "fr"}, "/body/language", "literal_error"),
    ],
)
async def test_a_wish_that_cannot_be_met_is_refused_with_its_place(
    bench: Bench, pa: httpx.AsyncClient, form: Any, pointer: str, code: str
) -> None:
    """Whoever mistypes a filter hears where, in its own language, instead of a silent feed."""
    answer = await pa.post("/v1/subscriptions", json=form)
    body = answer.json()
    assert (422, [(pointer, code)]) == (answer.status_code, [(e["pointer"], e["code"]) for e in body["errors"]])
    assert "es" == answer.headers["content-language"]
    assert [] == (await pa.get("/v1/subscriptions")).json()["items"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("suffix", ["", "/events", "/stream", "/resume"])
async def test_anothers_subscription_answers_exactly_like_none(
    bench: Bench, pa: httpx.AsyncClient, method: str, suffix: str
) -> None:
    """Nobody can find out which subscriptions another partner has."""
    theirs = await subscribe(bench.client("pb"))
    method = "POST" if suffix == "/resume" else method
    answers = [
        await pa.request(method, f"/v1/subscriptions/{name}{suffix}")
        for name in (theirs["id"], f"sub_{'f' * 32}", "sub_%00", "x")
    ]
    assert 1 == len({(answer.status_code, answer.content, str(answer.headers)) for answer in answers})
    assert answers[0].status_code in (404, 405)


@pytest.mark.parametrize("header", [None, "Bearer istmo_pa_wrong", "Basic abc", "Bearer istmo_nobody_x"])
async def test_a_subscription_needs_a_living_key(bench: Bench, pa: httpx.AsyncClient, header: str | None) -> None:
    """Without a key, or with a bad one, nothing is subscribed or shown."""
    public = bench.client(None, follow_redirects=False)
    headers = {} if header is None else {"Authorization": header}
    for method, path in (("POST", "/v1/subscriptions"), ("GET", "/v1/subscriptions"), ("GET", "/v1/alerts")):
        answer = await public.request(method, path, headers=headers)
        assert (401, "/problems/unauthenticated") == (answer.status_code, answer.json()["type"])


async def test_a_webhook_secret_is_shown_once(bench: Bench, pa: httpx.AsyncClient) -> None:
    """The secret is in the answer to subscribing and nowhere else."""
    made = await subscribe(pa, channel={"kind": "webhook", "url": "https://example.org/hook"})
    assert made["secret"].startswith("whsec_")
    for path in ("/v1/subscriptions", f"/v1/subscriptions/{made['id']}"):
        assert made["secret"] not in (await pa.get(path)).text
    assert "secret" not in await subscribe(pa)


async def test_a_removed_partner_hears_nothing_more(bench: Bench, pa: httpx.AsyncClient) -> None:
    """An alert of a partner that was removed goes back to the desk."""
    await bench.take(sent_finding(oddity(1, "id-conflict", side(("XA", "a1")))))
    removed = sent_partner(PA)
    await bench.take(type(removed)("partners", b"pa", None))
    assert 1 == len((await bench.client("desk").get("/v1/alerts")).json()["items"])


async def test_progress_says_where_intake_stands(bench: Bench, pa: httpx.AsyncClient) -> None:
    """Operators see the stored offsets, and only they."""
    await bench.take(sent_finding(FOUND), sent_programme("k1", 1, outcome("p-1", ("XA", "a1"))))
    answer = await bench.client(None).get("/v1/admin/progress", headers={"Authorization": "Bearer the-operators-own"})
    expected = [("findings", 0, 1), ("partners", 0, 3), ("programmes", 0, 1)]
    found = answer.json()
    assert expected == [(one["topic"], one["partition"], one["stored"]) for one in found["partitions"]]
    assert [] == found["retrying"]
    assert 403 == (await pa.get("/v1/admin/progress")).status_code
    assert 401 == (await bench.client(None).get("/v1/admin/progress")).status_code


async def test_nothing_falls_between_subscribing_and_looking(bench: Bench, pa: httpx.AsyncClient) -> None:
    """Who subscribes first and then reads what is stored misses nothing that happens meanwhile."""
    total = 60
    some, subscribed = asyncio.Event(), asyncio.Event()

    async def happen() -> None:
        for number in range(total):
            if number == total // 3:
                some.set()
            if number == 2 * total // 3:
                await subscribed.wait()
            await bench.take(sent_finding(oddity(1, "id-conflict", side(("XA", f"a{number}")))))

    async def follow() -> tuple[Any, set[str]]:
        made = await subscribe(pa, filter={"countries": ["HN"]})
        subscribed.set()
        stored = (await pa.get("/v1/alerts", params={"limit": 500})).json()["items"]
        return made, {one["id"] for one in stored}

    happening = asyncio.create_task(happen())
    await some.wait()
    made, stored = await follow()
    await happening
    told = {item["data"]["id"] for item in await items(pa, made, limit=500)}
    assert total == len(told | stored)
    assert 0 < len(told) < total


async def test_who_subscribes_before_intake_knows_it_misses_nothing(bench: Bench) -> None:
    """A partner is told of all that happens after it subscribed, also of what came in before its own record did."""
    bench.admit(PA)
    mine = await subscribe(bench.client("pa"))
    ours = outcome("p-2", ("XA", "a2"), label=red("XA"))
    await bench.take(sent_programme("k1", 1, outcome("p-1", ("XB", "b1"))), sent_programme("k2", 1, ours))
    await bench.take(sent_finding(FOUND))
    await bench.partners(PA)
    await bench.take(sent_programme("k1", 2, outcome("p-1", ("XB", "b1"), title="Otro")))
    told = [(item["type"], item["data"]["id"]) for item in await items(bench.client("pa"), mine)]
    alert = ("alert.raised", alert_id(FOUND.key, "pa"))
    changed = "programme.changed"
    assert [(changed, "p-1"), (changed, "p-2"), alert, (changed, "p-1")] == told


async def taken_over(bench: Bench) -> None:
    """A restricted programme of an organisation that `pa` comes to own, taken in and known nowhere else yet."""
    await bench.take(sent_programme("k1", 1, outcome("p-1", ("XC", "c1"), label=red("XC"))))
    await bench.take(sent_partner(partner("pa", "XA", "XC", version=2)))


async def test_a_range_shows_what_came_with_a_new_organisation(bench: Bench, pa: httpx.AsyncClient) -> None:
    """Nothing is withheld from a partner only because the API learns last what the partner looks after."""
    mine = await subscribe(pa)
    await taken_over(bench)
    assert ["p-1"] == [item["data"]["id"] for item in await items(pa, mine)]


async def test_a_webhook_is_sent_what_came_with_a_new_organisation(bench: Bench, pa: httpx.AsyncClient) -> None:
    """Nothing is sent as withheld, for good, only because delivery learns last what the partner looks after."""
    async with receiving() as receiver:
        await subscribe(pa, channel={"kind": "webhook", "url": receiver.url})
        await taken_over(bench)
        async with bench.delivering():
            await until(lambda: asyncio.sleep(0, len(receiver.received) == 1))
    assert ["p-1"] == [json.loads(one.body)["data"]["id"] for one in receiver.received]


async def test_a_batch_that_was_taken_in_is_not_taken_in_again(bench: Bench, pa: httpx.AsyncClient) -> None:
    """A worker that lost its partition changes nothing: neither lists nor positions."""
    mine = await subscribe(pa)
    await bench.take(sent_programme("k1", 1, outcome("p-1", ("XA", "a1"))))
    bench.forget_positions()
    with pytest.raises(PositionMoved):
        await bench.take(sent_programme("k1", 2, outcome("p-1", ("XA", "a1"), title="Otro")))
    assert 1 == len(await items(pa, mine))


async def test_lists_are_not_opened_while_they_are_written(bench: Bench, pa: httpx.AsyncClient) -> None:
    """What is under way when somebody subscribes is either in its list or in the tables by the time it is answered."""
    async with bench.pool.connection() as connection, connection.transaction():
        await lists.lock_lists(connection)
        waiting = [
            asyncio.create_task(subscribe(pa)),
            asyncio.create_task(bench.take(sent_programme("k1", 1, outcome("p-1", ("XA", "a1"))))),
        ]
        await asyncio.sleep(0.3)
        assert [False, False] == [task.done() for task in waiting]
    await asyncio.gather(*waiting)


async def test_an_id_that_moves_to_another_record_is_not_gone(bench: Bench, pa: httpx.AsyncClient) -> None:
    """While a programme moves from one record of the log to another, its reader does not lose it."""
    mine = await subscribe(pa)
    shown = outcome("p-1", ("XB", "b1"))
    await bench.take(sent_programme("k1", 1, shown))
    await bench.take(sent_programme("k2", 1, shown))
    await bench.take(sent_programme("k1", 2))
    assert ["programme.changed"] == [item["type"] for item in await items(pa, mine)]
    await bench.take(sent_programme("k2", 2))
    assert "programme.gone" == (await items(pa, mine))[-1]["type"]
