"""What stands around the reports: health, documentation, and errors that nobody foresaw."""

import json
import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import structlog

from istmo_common.problems import PROBLEMS

Make = Callable[..., dict[str, Any]]

CANARY = "canario-4711"


async def test_health(client: httpx.AsyncClient) -> None:
    """Whoever runs the platform sees whether the process lives and what it still waits for."""
    live, ready = await client.get("/healthz"), await client.get("/readyz")

    assert (200, 200) == (live.status_code, ready.status_code)
    assert {"ready": True, "parts": {"log": True}} == ready.json()


@pytest.mark.parametrize("name", ["%00", "..", "ñ", "x" * 36])
async def test_what_is_no_import_is_not_found(client: httpx.AsyncClient, name: str) -> None:
    """A mistyped id of an import is an id that is not there, whatever stands in it."""
    answer = await client.get(f"/v1/imports/{name}")

    assert answer.status_code == 404


@pytest.mark.parametrize("slug", PROBLEMS)
async def test_every_problem_is_documented(client: httpx.AsyncClient, slug: str) -> None:
    """The type of a problem leads to a page that explains it in both languages."""
    answer = await client.get(f"/problems/{slug}")

    assert (200, {"es", "en"}) == (answer.status_code, set(answer.json()["texts"]))
    assert "{" not in answer.json()["texts"]["es"]["detail"]


async def test_openapi_is_whole(client: httpx.AsyncClient) -> None:
    """A partner's developer generates a client from the API's own description, errors included."""
    document = (await client.get("/openapi.json")).json()
    text = json.dumps(document)
    named = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    post = document["paths"]["/v1/events"]["post"]

    assert named <= set(document["components"]["schemas"])
    assert {"202", "207", "400", "401", "403", "409", "413", "415", "422", "503"} <= set(post["responses"])
    assert "application/cloudevents-batch+json" in post["requestBody"]["content"]


async def test_an_error_that_nobody_foresaw(
    client: httpx.AsyncClient, world: SimpleNamespace, event: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """It is a problem for the caller and a line in the log, and neither quotes what was posted."""

    def fail(_: object) -> None:
        raise RuntimeError(CANARY)

    world.log.answer = fail
    with structlog.testing.capture_logs() as logs, caplog.at_level(logging.DEBUG):
        answer = await client.post(
            "/v1/events", content=json.dumps(event()), headers={"Content-Type": "application/cloudevents+json"}
        )

    assert (500, "/problems/internal") == (answer.status_code, answer.json()["type"])
    assert logs[-1]["error"] == "RuntimeError"
    assert CANARY not in answer.text + repr(logs) + caplog.text


def _poisoned(event: dict[str, Any]) -> list[dict[str, Any]]:
    """Events that are wrong in every place at which a text can stand."""
    red = {"marking": {"tlp": "RED"}, "reporter": "HN-SEG", "activity": CANARY, "title": [{"text": CANARY}]}
    wrong: list[dict[str, Any]] = [
        {"status": CANARY},
        {"reporter": CANARY},
        {"title": CANARY},
        {"title": [{"text": CANARY, "language": CANARY + "!"}]},
        {"marking": {"tlp": CANARY}},
        {"marking": {"tlp": "GREEN", "groups": [CANARY]}},
        {"dates": [{"type": CANARY, "date": CANARY}]},
        {"transactions": [{"type": CANARY, "date": CANARY, "value": {"amount": CANARY, "currency": CANARY}}]},
        {
            "transactions": [
                {
                    "type": "3",
                    "date": "2026-01-01",
                    "transaction_id": CANARY,
                    "value": {"amount": "1", "currency": "USD"},
                }
            ]
            * 2
        },
        {"sectors": [{"code": CANARY}], "recipient_countries": [{"code": CANARY, "percentage": CANARY}]},
        {"locations": [{"point": {"latitude": CANARY, "longitude": CANARY}}]},
    ]
    return [
        *(event | {"data": red | each} for each in wrong),
        *(event | {name: CANARY + " \n"} for name in ("source", "type", "time", "subject", "importid", "specversion")),
        event | {"data": CANARY},
    ]


async def test_no_refusal_quotes_the_report(
    client: httpx.AsyncClient, event: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """An error travels through logs and tickets; what a restricted report says stays out of it."""
    with structlog.testing.capture_logs() as logs, caplog.at_level(logging.DEBUG):
        for each in _poisoned(event()):
            for body, kind in ((each, "cloudevents+json"), ([each], "cloudevents-batch+json")):
                headers = {"Content-Type": f"application/{kind}"}
                answer = await client.post("/v1/events", content=json.dumps(body), headers=headers)
                assert answer.status_code in (207, 403, 422), answer.text
                assert CANARY not in answer.text + str(answer.headers)
    assert CANARY not in repr(logs) + caplog.text
