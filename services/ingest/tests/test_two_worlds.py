"""No leak: what one partner restricts and imports changes nothing of what ingest tells anybody else."""

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from importlib.resources import files
from types import SimpleNamespace
from typing import Any, Final

import httpx
import pytest
from fastapi import FastAPI

from istmo_common.partners import PartnerDirectory
from istmo_common.postgres import migrate, open_pool
from istmo_ingest.api.application import Parts, application
from istmo_ingest.domain.recording import RecordedTimes
from istmo_ingest.posting import Posting
from istmo_ingest.store.complete_files import CompleteFiles
from istmo_ingest.store.imports import ImportJournal
from istmo_stack.testing import Server
from istmo_support.routes import routes_of

Make = Callable[..., dict[str, Any]]

CANARY: Final = "canario-4711"
_COUNTS: Final = {"accepted": 1, "duplicates": 0, "refused": 0, "transactions": 0}
_FORM: Final = {"file_name": "plan.xml", "sha256": "a" * 64, "marking": {"tlp": "CLEAR"}}
_MADE_NOW: Final = re.compile(rb'"(import_id|opened|finished)":"[^"]*"')
"""What names a new import or says when it was made: chance, not content."""


async def _healthy() -> dict[str, bool]:
    return {"log": True}


@pytest.fixture
def open_world(
    postgres: Server, schema_prefix: str, world: SimpleNamespace, directory: PartnerDirectory
) -> Callable[[str], Any]:
    """Makes ingest with a real journal of its own; `log` and accepted ids are stand-ins."""

    @asynccontextmanager
    async def make(name: str) -> AsyncIterator[SimpleNamespace]:
        schema = f"{schema_prefix}{name}ingest"
        async with AsyncExitStack() as stack:
            pool = await stack.enter_async_context(open_pool(postgres.url, schema))
            await migrate(pool, schema, files("istmo_ingest.store") / "migrations")
            clock = SimpleNamespace(hour=8)
            times = RecordedTimes(lambda: datetime(2026, 4, 1, clock.hour, tzinfo=UTC))
            accepted, journal = type(world.accepted)(), ImportJournal(pool)
            posting = Posting(type(world.log)(), accepted, journal, times)
            app = application(Parts(posting, journal, CompleteFiles(pool), directory, _healthy))
            yield SimpleNamespace(app=app, clock=clock, hidden="0190aaaa-0000-7000-8000-00000000ffff")
            async with pool.connection() as connection:
                await connection.execute(f'DROP SCHEMA "{schema}" CASCADE'.encode())

    return make


def _client(app: FastAPI, partner: str | None) -> httpx.AsyncClient:
    headers = {} if partner is None else {"Authorization": f"Bearer istmo_{partner}_secret"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://ingest", headers=headers)


async def _restrict(world: SimpleNamespace, event: Make, activity: Make) -> None:
    """The ministry reports under RED and imports a file, and names both tellingly."""
    red = activity(activity=f"HN-SEG-{CANARY}", marking={"tlp": "RED"}, title=[{"text": CANARY}])
    async with _client(world.app, "hn") as client:
        answer = await client.post("/v1/events", json=[event(data=red)], headers=_BATCH)
        assert answer.status_code == 202, answer.text
        opened = await client.post("/v1/imports", json=_FORM | {"file_name": f"{CANARY}.xml"})
        assert opened.status_code == 201, opened.text
        world.hidden = opened.json()["import_id"]


_BATCH: Final = {"Content-Type": "application/cloudevents-batch+json"}


def _cases(event: Make, activity: Make, hidden: str) -> dict[tuple[str, str], list[tuple[str, Any]]]:
    """What is asked of every route: (address, JSON body)."""
    own = event(data=activity(reporter="US-GOV-11", activity="US-GOV-11-1"))
    return {
        ("POST", "/v1/events"): [
            ("/v1/events", [own]),
            ("/v1/events", [event()]),
            ("/v1/events", [own | {"id": "2", "importid": hidden}]),
            ("/v1/events", [own, own | {"subject": "other"}]),
            ("/v1/events", [own | {"id": "3", "type": "import.withdrawn", "data": {"import_id": hidden}}]),
        ],
        ("POST", "/v1/imports"): [("/v1/imports", _FORM), ("/v1/imports", {})],
        ("GET", "/v1/imports"): [("/v1/imports", None), ("/v1/imports?limit=1", None)],
        ("GET", "/v1/imports/{import_id}"): [(f"/v1/imports/{hidden}", None)],
        ("POST", "/v1/imports/{import_id}/finish"): [(f"/v1/imports/{hidden}/finish", _COUNTS)],
        ("POST", "/v1/imports/{import_id}/activities"): [(f"/v1/imports/{hidden}/activities", {"activities": []})],
        ("GET", "/v1/imports/{import_id}/missing"): [(f"/v1/imports/{hidden}/missing", None)],
        ("GET", "/healthz"): [("/healthz", None)],
        ("GET", "/readyz"): [("/readyz", None)],
        ("GET", "/problems/{slug}"): [("/problems/not-found", None), (f"/problems/{CANARY}", None)],
        ("GET", "/docs"): [("/docs", None)],
        ("GET", "/docs/swagger-ui-bundle.js"): [("/docs/swagger-ui-bundle.js", None)],
        ("GET", "/docs/swagger-ui.css"): [("/docs/swagger-ui.css", None)],
        ("GET", "/docs/favicon.png"): [("/docs/favicon.png", None)],
        ("GET", "/openapi.json"): [("/openapi.json", None)],
    }


async def _answers(world: SimpleNamespace, partner: str | None, event: Make, activity: Make) -> dict[str, bytes]:
    """Status, headers and body of every case, by what was asked; the hidden import goes by one name in both worlds."""
    got = {}
    async with _client(world.app, partner) as client:
        for (method, _), asked in _cases(event, activity, world.hidden).items():
            for address, body in asked:
                headers = _BATCH if address == "/v1/events" else {}
                answer = await client.request(method, address, json=body, headers=headers)
                name = f"{method} {address} {json.dumps(body)}".replace(world.hidden, "hidden")
                told = _MADE_NOW.sub(b"", answer.content)
                got[name] = repr((answer.status_code, sorted(answer.headers.items()))).encode() + told
    return got


def test_every_route_has_a_case(world: SimpleNamespace, event: Make, activity: Make) -> None:
    """A new way out cannot be added without asking what it tells to whom."""
    assert routes_of(world.app) == set(_cases(event, activity, ""))


@pytest.mark.parametrize("reader", [None, "us", "desk"])
async def test_the_same_is_told_to_others(
    open_world: Callable[[str], Any], event: Make, activity: Make, reader: str | None
) -> None:
    """Whether another partner reports in secret or imports a file, a reader gets the same answers, to the byte."""
    async with open_world("bare_") as bare, open_world("full_") as full:
        await _restrict(full, event, activity)
        bare.clock.hour = full.clock.hour = 9
        there, here = await _answers(bare, reader, event, activity), await _answers(full, reader, event, activity)

    assert there == here
    assert [asked for asked, answer in here.items() if CANARY.encode() in answer] == []


async def test_its_own_partner_sees_it(open_world: Callable[[str], Any], event: Make, activity: Make) -> None:
    """The ministry itself finds its import."""
    async with open_world("own_") as full:
        await _restrict(full, event, activity)
        async with _client(full.app, "hn") as client:
            listed = (await client.get("/v1/imports")).json()["imports"]

    assert [each["file_name"] for each in listed] == [f"{CANARY}.xml"]
