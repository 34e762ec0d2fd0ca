"""Every address that can be read answers each kind of reader as its documentation says."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from istmo_common.problems import PROBLEM_MEDIA_TYPE
from istmo_support.openapi import answers_in, examples_of, validate
from istmo_support.platform import Platform

pytestmark = pytest.mark.stack

_TITLE: Final = "Puentes colgantes sobre el río Patuca"
_EMPTY: Final = ("/v1/admin/", "/v1/data-quality", "/missing")
"""Where a list may be empty: what went wrong, what a reporter may mend, and what a file that is not complete lacks."""


@dataclass(frozen=True)
class World:
    """Keys by reader, what stands for the names in addresses, queries that are required, by address."""

    keys: Mapping[str, dict[str, str]]
    names: Mapping[str, str]
    queries: Mapping[str, dict[str, str]]


def _report(platform: Platform, key: dict[str, str], reporter: str) -> None:
    data = {
        "reporter": reporter,
        "activity": f"{reporter}-1",
        "marking": {"tlp": "CLEAR"},
        "title": [{"text": _TITLE, "language": "es"}],
        "recipient_countries": [{"code": "HN", "percentage": "100"}],
        "transactions": [{"type": "3", "date": "2026-03-31", "value": {"amount": "1250.50", "currency": "HNL"}}],
    }
    event = {"specversion": "1.0", "id": f"{reporter}/1", "source": "/a", "type": "activity.reported", "data": data}
    headers = {**key, "Content-Type": "application/cloudevents+json"}
    assert 202 == httpx.post(f"{platform.addresses['ingest']}/v1/events", json=event, headers=headers).status_code


def _made(address: str, key: dict[str, str], form: dict[str, Any]) -> dict[str, Any]:
    answer = httpx.post(address, json=form, headers=key, timeout=20)
    assert answer.is_success, answer.text
    made: dict[str, Any] = answer.json()
    return made


@pytest.fixture(scope="module")
def world(platform: Platform) -> World:
    """Two partners that report the same work; one of them has a subscription and an import."""
    at = platform.addresses
    operator = {"Authorization": f"Bearer {Path(at['admin_key_file']).read_text().strip()}"}
    partner, other = platform.add_partner("Readers", "XI-READERS"), platform.add_partner("Others", "XI-OTHERS")
    subscription = _made(f"{at['notify']}/v1/subscriptions", partner, {"channel": {"kind": "sse"}})
    file = {"file_name": "a.xml", "sha256": "0123456789abcdef" * 4, "marking": {"tlp": "CLEAR"}}
    made = _made(f"{at['ingest']}/v1/imports", partner, file)
    _report(platform, partner, "XI-READERS")
    _report(platform, other, "XI-OTHERS")
    merge = {"kept": "save-the-children", "merged": "save-the-children-gb"}
    _made(f"{at['registry']}/v1/organisation-merges", operator, merge)
    platform.rest()
    with httpx.Client(base_url=at["registry"], headers=partner) as registry:
        (activity,) = registry.get("/v1/activities?reporter=XI-READERS").json()["activities"]
        organisation = registry.get("/v1/organisations?limit=1").json()["organisations"][0]
        way = registry.get("/v1/admin/reports?event=XI-READERS/1", headers=operator).json()["way"]
    names = {
        "activity": activity["id"],
        "programme": activity["programme"],
        "organisation": organisation["id"],
        "partner": "readers",
        "import_id": made["import_id"],
        "id": subscription["id"],
        "slug": "invalid-event",
    }
    trace = {"trace": way["arrivals"][0]["trace"]}
    queries = {"/v1/admin/reports": {"event": "XI-READERS/1"}, "/v1/admin/stages": trace}
    return World({"partner": partner, "operator": operator, "public": {}}, names, queries)


def _expected(operation: dict[str, Any], reader: str) -> int:
    """The status that the documentation promises to a reader."""
    if {} in operation.get("security", [{}]):
        return 200
    if "403" in operation["responses"]:
        return {"operator": 200, "partner": 403, "public": 401}[reader]
    return 200 if reader == "partner" else 401


def _hold(document: dict[str, Any], operation: dict[str, Any], answer: httpx.Response) -> None:
    """The body has the documented shape of its status and media type."""
    media_type = answer.headers["content-type"].partition(";")[0]
    content = operation["responses"][str(answer.status_code)]["content"][media_type]
    body = answer.json() if media_type.endswith("json") and media_type != "application/x-ndjson" else answer.text
    validate(document, content, body)


@pytest.mark.parametrize("service", ["ingest", "registry", "notify"])
@pytest.mark.parametrize("reader", ["partner", "operator", "public"])
def test_every_address_answers_as_documented(platform: Platform, world: World, service: str, reader: str) -> None:
    """A partner, an operator and the public get the documented status, and a body of the documented shape."""
    with httpx.Client(base_url=platform.addresses[service], headers=world.keys[reader], timeout=20) as client:
        document = client.get("/openapi.json").json()
        # A stream never ends.
        read = [path for path, has in document["paths"].items() if "get" in has and not path.endswith("/stream")]
        assert read
        for path in read:
            operation = document["paths"][path]["get"]
            answer = client.get(path.format_map(world.names), params=world.queries.get(path))
            assert (path, _expected(operation, reader)) == (path, answer.status_code), answer.text
            _hold(document, operation, answer)
            if answer.status_code == 200 and not path.endswith("}") and not any(part in path for part in _EMPTY):
                assert [] not in answer.json().values(), f"nothing was shown at {path}"


@pytest.mark.parametrize("service", ["ingest", "registry", "notify"])
def test_every_example_has_the_shape_that_it_shows(platform: Platform, service: str) -> None:
    """Whoever writes a program after the examples of the documentation writes it after true ones."""
    document = httpx.get(f"{platform.addresses[service]}/openapi.json").json()
    shown = [(s, e) for s in document["components"]["schemas"].values() for e in s.get("examples", ())]
    assert shown
    for schema, example in shown:
        validate(document, {"schema": schema}, example)


@pytest.mark.parametrize("service", ["ingest", "registry", "notify"])
def test_every_answer_has_an_example_of_its_shape(platform: Platform, service: str) -> None:
    """A partner sees of every address, before the first call, what it answers when all is well and what when not."""
    document = httpx.get(f"{platform.addresses[service]}/openapi.json").json()
    shown = [(answer, content, examples_of(document, content)) for answer, _, content in answers_in(document)]
    assert [] == [answer for answer, _, examples in shown if not examples], "answers without an example"
    for _, content, examples in shown:
        for example in examples:
            validate(document, content, example)


@pytest.mark.parametrize("service", ["ingest", "registry", "notify"])
def test_what_is_not_a_success_is_documented_as_a_problem(platform: Platform, service: str) -> None:
    """A client written after the documentation meets no other form of error, and waits for none that never comes."""
    document = httpx.get(f"{platform.addresses[service]}/openapi.json").json()
    failures = [each for each in answers_in(document) if each[0].split()[-1] >= "400"]
    assert ["get /readyz 503"] == [answer for answer, kind, _ in failures if kind != PROBLEM_MEDIA_TYPE]
    assert set() == {"HTTPValidationError", "ValidationError"} & document["components"]["schemas"].keys()
    for answer, kind, content in failures:
        if kind == PROBLEM_MEDIA_TYPE:
            assert {int(answer.split()[-1])} == {each["status"] for each in examples_of(document, content)}


@pytest.mark.parametrize("service", ["ingest", "registry", "notify"])
def test_every_parameter_is_explained(platform: Platform, service: str) -> None:
    """Nobody has to guess from its name what a parameter does, and each part of an address shows what it looks like."""
    document = httpx.get(f"{platform.addresses[service]}/openapi.json").json()
    stated = [
        (operation["operationId"], parameter["name"], parameter)
        for operations in document["paths"].values()
        for operation in operations.values()
        for parameter in operation.get("parameters", ())
    ]
    assert [] == [each[:2] for each in stated if not each[2].get("description")], "without a description"
    parts = [each for each in stated if each[2]["in"] == "path"]
    assert [] == [each[:2] for each in parts if not each[2]["schema"].get("examples")], "without an example"
