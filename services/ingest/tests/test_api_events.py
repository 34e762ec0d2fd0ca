"""POST /v1/events: three modes, receipts, status codes, limits, and who may."""

import json
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from cloudevents.core.bindings.http import to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent as SdkEvent

from istmo_common.errors import BrokerUnavailable

Make = Callable[..., dict[str, Any]]

STRUCTURED = {"Content-Type": "application/cloudevents+json"}
BATCHED = {"Content-Type": "application/cloudevents-batch+json"}
PROBLEM = "application/problem+json"


async def post(client: httpx.AsyncClient, event: Any, **headers: str) -> httpx.Response:
    kind = BATCHED if isinstance(event, list) else STRUCTURED
    return await client.post("/v1/events", content=json.dumps(event), headers=kind | headers)


def sdk_event(event: dict[str, Any]) -> SdkEvent:
    attributes = {name: value for name, value in event.items() if name != "data"}
    stated = {"datacontenttype": "application/json", "time": datetime(2026, 3, 31, 18, tzinfo=UTC)}
    return SdkEvent(attributes | stated, event["data"])


async def test_structured_by_the_official_sdk(client: httpx.AsyncClient, world: SimpleNamespace, event: Make) -> None:
    """A partner's system that uses the CloudEvents SDK reports with two lines of code."""
    message = to_structured(sdk_event(event()), JSONFormat())
    answer = await client.post("/v1/events", content=message.body, headers=message.headers)

    assert (202, "accepted") == (answer.status_code, answer.json()["status"])
    assert world.log.events()[0].recorded_time == answer.json()["recorded_time"]


async def test_binary_by_the_official_sdk(client: httpx.AsyncClient, world: SimpleNamespace, event: Make) -> None:
    """In binary mode an id may carry any character; the same event in structured mode is its duplicate."""
    stated = sdk_event(event(id='año 1 "50 %"', subject="plan/2026"))
    binary, structured = [
        await client.post("/v1/events", content=message.body, headers=message.headers)
        for message in (to_binary(stated, JSONFormat()), to_structured(stated, JSONFormat()))
    ]

    assert ["accepted", "duplicate"] == [binary.json()["status"], structured.json()["status"]]
    assert world.log.events()[0].id == 'año 1 "50 %"'


async def test_a_batch_of_events_by_the_official_sdk(client: httpx.AsyncClient, event: Make) -> None:
    """A batch is answered with one receipt for each event, in its order; sent again, all are duplicates.

    The SDK (2.2) writes single events alone: what it writes of each is joined here, as the JSON format says of batches.
    """
    batch = b",".join(JSONFormat().write(sdk_event(event(id=id_))) for id_ in ("e-1", "e-2"))
    first, second = [await client.post("/v1/events", content=b"[" + batch + b"]", headers=BATCHED) for _ in range(2)]

    assert (202, ["accepted", "accepted"]) == (first.status_code, [r["status"] for r in first.json()["receipts"]])
    assert (202, ["duplicate", "duplicate"]) == (second.status_code, [r["status"] for r in second.json()["receipts"]])
    assert ["e-1", "e-2"] == [r["id"] for r in first.json()["receipts"]]


async def test_a_mixed_batch(client: httpx.AsyncClient, event: Make) -> None:
    """What is wrong with one event of a batch is told in its receipt, in the partner's language."""
    answer = await post(client, [event(), event(id="e-2", type="activity.rumoured")])
    receipts = answer.json()["receipts"]

    assert (207, ["accepted", "refused"]) == (answer.status_code, [r["status"] for r in receipts])
    assert receipts[1]["problem"]["errors"][0]["detail"] == "Este tipo de evento no existe."


async def test_an_empty_batch(client: httpx.AsyncClient) -> None:
    """A system with nothing new may say so."""
    answer = await post(client, [])

    assert (202, {"receipts": []}) == (answer.status_code, answer.json())


async def test_receipt_names_the_stated_transactions(
    client: httpx.AsyncClient, event: Make, activity: Make, payment: Make
) -> None:
    """The receipt says under which identities the registry will show the payments."""
    answer = await post(client, event(data=activity(transactions=[payment(transaction_id="T-1")])))

    assert answer.json()["transactions"] == ["id:T-1"]


@pytest.mark.parametrize(
    ("change", "status", "problem"),
    [
        ({"data": {}}, 422, "invalid-event"),
        ({"recordedtime": "2020-01-01T00:00:00Z"}, 422, "invalid-event"),
        ({"type": "decision.recorded"}, 422, "not-yet-supported"),
        ({"type": "import.withdrawn", "data": {"import_id": "another"}}, 422, "invalid-event"),
        ({"importid": "another"}, 422, "invalid-event"),
        (
            {"data": {"reporter": "US-GOV-11", "activity": "x", "marking": {"tlp": "CLEAR"}, "title": [{"text": "x"}]}},
            403,
            "not-your-organisation",
        ),
    ],
)
async def test_refusals(
    client: httpx.AsyncClient, event: Make, change: dict[str, Any], status: int, problem: str
) -> None:
    """A refused event is a problem with its own status, the receipt in it, and each place with a remedy."""
    answer = await post(client, event(**change))
    body = answer.json()

    assert (status, PROBLEM) == (answer.status_code, answer.headers["content-type"])
    assert (f"/problems/{problem}", {"id": "e-1", "status": "refused"}) == (body["type"], body["receipt"])
    assert all(error["detail"] and error["remedy"] for error in body["errors"])


async def test_an_id_in_conflict(client: httpx.AsyncClient, event: Make, activity: Make) -> None:
    """Other content under a used id is 409."""
    await post(client, event())
    answer = await post(client, event(data=activity(status="2")))

    assert (409, "/problems/id-conflict") == (answer.status_code, answer.json()["type"])


@pytest.mark.parametrize(
    ("partner", "title"), [("hn", "El evento no cumple el contrato"), ("us", "The event breaks the contract")]
)
async def test_the_partners_language(
    as_partner: Callable[[str], httpx.AsyncClient], event: Make, partner: str, title: str
) -> None:
    """A clerk in Tegucigalpa reads Spanish, an officer in Washington English, from the same platform."""
    async with as_partner(partner) as client:
        answer = await post(client, event(data={}))

    assert title == answer.json()["title"]


async def test_a_language_that_there_is_none_of_is_refused(client: httpx.AsyncClient, event: Make) -> None:
    """A slip in the language is told, instead of an answer in another one."""
    answer = await client.post("/v1/events?language=fr", content=json.dumps(event()), headers=STRUCTURED)

    assert 422 == answer.status_code
    assert [("/query/language", "enum")] == [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


async def test_the_broker_is_away(client: httpx.AsyncClient, world: SimpleNamespace, event: Make) -> None:
    """Without the log the answer is 503 with Retry-After and `unknown`; the same id then gets through."""
    world.log.answer = lambda _: BrokerUnavailable("away")
    single, batch = await post(client, event()), await post(client, [event(), event(id="e-2", data={})])
    world.log.answer = lambda _: None
    again = await post(client, event())

    assert [503, 503, 202] == [single.status_code, batch.status_code, again.status_code]
    assert ("2", {"id": "e-1", "status": "unknown"}) == (single.headers["retry-after"], single.json()["receipt"])
    assert ["unknown", "refused"] == [receipt["status"] for receipt in batch.json()["receipts"]]


@pytest.mark.parametrize("authorization", [None, "Bearer istmo_hn_wrong", "Bearer istmo_nobody_secret", "Basic aA=="])
async def test_without_a_living_key_nothing_is_taken(
    world: SimpleNamespace, event: Make, authorization: str | None
) -> None:
    """Reports come from partners only; the answer does not tell whether the partner or the secret was wrong."""
    transport = httpx.ASGITransport(app=world.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://ingest") as client:
        answer = await post(client, event(), **({"Authorization": authorization} if authorization else {}))

    assert (401, "Bearer") == (answer.status_code, answer.headers["www-authenticate"])
    assert not world.log.kept


async def test_before_the_partners_are_known(client: httpx.AsyncClient, world: SimpleNamespace, event: Make) -> None:
    """A service that has just started asks for patience instead of calling a good key bad."""
    world.directory.caught_up.clear()
    answer = await post(client, event())

    assert (503, "1") == (answer.status_code, answer.headers["retry-after"])


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 415),
        ("text/xml", 415),
        ("application/cloudevents+xml", 415),
        ("application/cloudevents+json; charset=latin-1", 415),
        ("application/cloudevents+json; charset=UTF-8", 202),
    ],
)
async def test_media_types(client: httpx.AsyncClient, event: Make, content_type: str, status: int) -> None:
    """What is not read is refused by name, not misread."""
    answer = await post(client, event(), **{"Content-Type": content_type})

    assert status == answer.status_code


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b'{"id": NaN}',
        b"[" * 100_000,
        b'{"id": ' + b"9" * 5000 + b"}",
        '{"id": "ñ"}'.encode("utf-16"),
    ],
)
async def test_what_is_not_json(client: httpx.AsyncClient, body: bytes) -> None:
    """A broken body is told as such, at any depth."""
    answer = await client.post("/v1/events", content=body, headers=STRUCTURED)

    assert (400, "/problems/not-json") == (answer.status_code, answer.json()["type"])


async def test_a_name_twice_is_no_guess(client: httpx.AsyncClient, event: Make) -> None:
    """Of two markings in one object neither is chosen."""
    body = json.dumps(event()).replace('"marking":', '"marking": {"tlp": "RED"}, "marking":')
    answer = await client.post("/v1/events", content=body, headers=STRUCTURED)

    assert (400, "key_repeated") == (answer.status_code, answer.json()["errors"][0]["code"])


async def _chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 65_536):
        yield b" " * 65_536


@pytest.mark.parametrize(("headers", "size"), [(STRUCTURED, 1024 * 1024), (BATCHED, 8 * 1024 * 1024)])
async def test_limits_of_size(client: httpx.AsyncClient, headers: dict[str, str], size: int) -> None:
    """A body above the limit is 413 as a problem, with its length stated beforehand or streamed."""
    stated = await client.post("/v1/events", content=b" " * (size + 1), headers=headers)
    streamed = await client.post("/v1/events", content=_chunks(size + 65_536), headers=headers)
    within = await client.post("/v1/events", content=_chunks(size), headers=headers)

    assert [413, 413, 400] == [answer.status_code for answer in (stated, streamed, within)]
    assert PROBLEM == stated.headers["content-type"] == streamed.headers["content-type"]


async def test_limit_of_events(client: httpx.AsyncClient, event: Make) -> None:
    """A batch of 501 events is refused whole, before anything is published."""
    answer = await post(client, [event(id=f"e-{n}") for n in range(501)])

    assert (413, "/problems/too-many-events") == (answer.status_code, answer.json()["type"])
    assert "500" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("stated", "kept"),
    [
        (f"00-{'a' * 32}-{'b' * 16}-01", f"00-{'a' * 32}-{'b' * 16}-01"),
        ("00-nonsense", "00-[0-9a-f]{32}-[0-9a-f]{16}-00"),
        (None, "00-[0-9a-f]{32}-[0-9a-f]{16}-00"),
    ],
)
async def test_the_clients_trace_goes_on(
    client: httpx.AsyncClient, world: SimpleNamespace, event: Make, stated: str | None, kept: str
) -> None:
    """A partner that traces its own system finds its trace in ours; without one a report gets its own, unsampled."""
    await post(client, event(), **({"traceparent": stated} if stated else {}))

    assert re.fullmatch(kept, world.log.events()[0].traceparent)


async def test_an_event_of_an_open_import(
    client: httpx.AsyncClient, world: SimpleNamespace, event: Make, open_import: str
) -> None:
    """The importer's events carry their import into the log."""
    await post(client, event(importid=open_import))

    assert open_import == world.log.events()[0].import_id


async def test_other_ways_to_go_wrong_are_problems_too(client: httpx.AsyncClient) -> None:
    """A wrong address or method is answered in the same form as everything else."""
    missing, wrong = await client.get("/v1/nothing"), await client.get("/v1/events")

    assert [(404, PROBLEM), (405, PROBLEM)] == [(a.status_code, a.headers["content-type"]) for a in (missing, wrong)]
