"""Every request that the documentation shows is taken by the running service, and answered as documented."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from istmo_common.events.types import IMPORT_WITHDRAWN, REPORT_TYPES
from istmo_support.openapi import examples_of, validate
from istmo_support.platform import Platform

pytestmark = pytest.mark.stack

ORDER = ("/v1/partners", "/v1/organisations", "/v1/events", "/v1/imports")
"""What makes something comes before what is about it; a partner before what it does."""


def _requests(document: dict[str, Any]) -> Iterator[tuple[str, str, str, list[Any]]]:
    """Each method, path and media type that takes a body, with its examples."""
    rank = {path: number for number, path in enumerate(ORDER)}
    for path in sorted(document["paths"], key=lambda path: (rank.get(path, 9), path.endswith("/finish"), path)):
        for method, operation in document["paths"][path].items():
            for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
                yield method, path, media_type, examples_of(document, content)


def _headers(document: dict[str, Any], path: str, media_type: str) -> dict[str, str]:
    """What binary mode has in headers, as the document's examples say."""
    if (path, media_type) != ("/v1/events", "application/json"):
        return {}
    stated = document["paths"][path]["post"]["parameters"]
    return {each["name"]: each["example"] for each in stated if each["name"].startswith("ce-")}


def _hold(document: dict[str, Any], operation: dict[str, Any], answer: httpx.Response) -> None:
    """The answer is a success that the document foresees, in the shape that it foresees."""
    assert 200 <= answer.status_code < 300, answer.text
    assert str(answer.status_code) in operation["responses"], answer.text
    content = operation["responses"][str(answer.status_code)].get("content", {}).get("application/json")
    if content is not None:
        validate(document, content, answer.json())


def _read_merge(client: httpx.Client, path: str, merge: str) -> str:
    """The same id, once the registry has read the merge in the log: before, there is nothing to undo."""
    deadline = time.monotonic() + 30
    while merge not in [each["id"] for each in client.get(path).json()["merges"]]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return merge


@pytest.fixture(scope="module")
def keys(platform: Platform) -> dict[str, dict[str, str]]:
    """The operator's key and that of a partner which owns the organisation of the examples."""
    operator = Path(platform.addresses["admin_key_file"]).read_text().strip()
    partner = platform.add_partner("Examples", "XI-EXAMPLE")
    return {"operator": {"Authorization": f"Bearer {operator}"}, "partner": partner}


@pytest.mark.parametrize(
    ("service", "reader"), [("ingest", "partner"), ("registry", "operator"), ("notify", "partner")]
)
def test_what_the_documentation_shows_is_taken(
    platform: Platform, keys: dict[str, dict[str, str]], service: str, reader: str
) -> None:
    """Whoever copies an example from the documentation gets it accepted, and an answer of the documented shape."""
    made: dict[str, str] = {}
    with httpx.Client(base_url=platform.addresses[service], headers=keys[reader], timeout=20) as client:
        document = client.get("/openapi.json").json()
        assert document["openapi"].startswith("3.1")
        requests = list(_requests(document))
        assert [] == [request[:3] for request in requests if not request[3]], "bodies without an example"
        for method, path, media_type, examples in requests:
            for example in examples:
                answer = client.request(
                    method,
                    path.format_map(made),
                    json=example,
                    headers={"Content-Type": media_type, **_headers(document, path, media_type)},
                )
                if answer.status_code == 409 and answer.json()["errors"][0]["code"] in ("taken", "merged_already"):
                    # Another test of this platform has made it already, from the same example.
                    kind = path.removeprefix("/v1/").removeprefix("organisation-")
                    standing = [each["id"] for each in client.get(path).json()[kind] if not each.get("undone")]
                    made[kind.rstrip("s")] = example.get("id") or standing[0]
                    continue
                _hold(document, document["paths"][path][method], answer)
                if path == "/v1/organisation-merges":
                    made["merge"] = _read_merge(client, path, answer.json()["id"])
                if path in ("/v1/partners", "/v1/organisations", "/v1/imports"):
                    name = {"/v1/imports": "import_id"}.get(path, path.removeprefix("/v1/").rstrip("s"))
                    made[name] = answer.json().get("import_id") or answer.json()["id"]


def test_the_documentation_knows_every_type_that_may_be_posted(platform: Platform) -> None:
    """An event type that partners may post stands in the documentation of posting."""
    document = httpx.get(f"{platform.addresses['ingest']}/openapi.json").json()
    documented = document["components"]["schemas"]["PostedEvent"]["properties"]["type"]["enum"]
    assert sorted([*REPORT_TYPES, IMPORT_WITHDRAWN]) == sorted(documented)
