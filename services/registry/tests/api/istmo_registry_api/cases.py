"""What is asked of every route, by its method and path."""

from collections.abc import Sequence
from typing import Any, Final

import httpx

from istmo_registry_api.registry import Registry, handle_of
from istmo_registry_api.worlds import CANARY, HIDDEN, VISIBLE
from istmo_support.routes import Route

__all__ = ["CASES", "answers"]

_UNKNOWN: Final = handle_of("nobody", "nothing")
_HANDLES: Final = (*VISIBLE, *HIDDEN, _UNKNOWN, CANARY)
_FILTERS: Final = (
    "",
    "limit=1",
    "limit=2",
    "reporter=T&limit=1",
    f"reporter={CANARY}",
    "after=AAAA",
    "limit=0",
    f"{CANARY}=1",
)
_PARTNER: Final[dict[str, Any]] = {"name": "X", "kind": "sica", "language": "es"}
_ORGANISATION: Final[dict[str, Any]] = {"names": {"es": "X", "en": "X"}, "kind": "sica", "identifiers": ["T"]}


def _lists(path: str, *filters: str) -> list[str]:
    return [f"{path}?{query}" for query in (*_FILTERS, *filters)]


def _each(path: str, *tails: str) -> list[str]:
    return [path.format(handle) + tail for handle in _HANDLES for tail in (tails or ("",))]


CASES: Final[dict[Route, Sequence[str | tuple[str, Any]]]] = {
    ("GET", "/v1"): ["/v1"],
    ("GET", "/v1/frame"): _lists(
        "/v1/frame", "year=us-fiscal", "country=HN", "country=PA", "currency=USD&from=2026&to=2026", "to=2025"
    ),
    ("GET", "/v1/programmes"): _lists(
        "/v1/programmes", "country=HN", "country=PA", "organisation=T&limit=1", f"q={CANARY}", "q=violence", "goal=1"
    ),
    ("GET", "/v1/programmes/{programme}"): _each("/v1/programmes/{}"),
    ("GET", "/v1/activities"): _lists("/v1/activities", "activity=h1", "activity=t1", "reporter=T"),
    ("GET", "/v1/activities/{activity}"): _each("/v1/activities/{}"),
    ("GET", "/v1/activities/{activity}/reports"): _each("/v1/activities/{}/reports", "", "?limit=1"),
    ("GET", "/v1/activities/{activity}/transactions"): _each(
        "/v1/activities/{}/transactions", "", "?limit=1", "?fate=excluded", "?type=2"
    ),
    ("GET", "/v1/transactions"): _lists(
        "/v1/transactions",
        "fate=excluded",
        "fate=counted&limit=1",
        "from=2026-01-01&to=2026-01-01",
        *(f"programme={handle}" for handle in _HANDLES),
    ),
    ("GET", "/v1/pairs"): _lists("/v1/pairs", "verdict=possibly-same", "verdict=same"),
    ("GET", "/v1/data-quality"): _lists("/v1/data-quality"),
    ("GET", "/v1/organisations"): _lists("/v1/organisations", "identifier=T", f"q={CANARY}"),
    ("GET", "/v1/organisations/{organisation}"): [f"/v1/organisations/{CANARY}"],
    ("POST", "/v1/organisations"): [("/v1/organisations", {**_ORGANISATION, "id": "x"}), ("/v1/organisations", {})],
    ("PUT", "/v1/organisations/{organisation}"): [("/v1/organisations/x", _ORGANISATION)],
    ("GET", "/v1/organisation-merges"): _lists("/v1/organisation-merges"),
    ("POST", "/v1/organisation-merges"): [("/v1/organisation-merges", {"kept": "x", "merged": "y"})],
    ("POST", "/v1/organisation-merges/{merge}/undo"): [(f"/v1/organisation-merges/{CANARY}/undo", {})],
    ("GET", "/v1/organisation-references"): _lists(
        "/v1/organisation-references",
        "outcome=unresolved",
        "outcome=unnamed",
        f"q={CANARY}",
        "q=joint",
        "organisation=x",
    ),
    ("GET", "/v1/partners"): ["/v1/partners"],
    ("POST", "/v1/partners"): [("/v1/partners", _PARTNER)],
    ("GET", "/v1/partners/{partner}"): ["/v1/partners/teller"],
    ("PATCH", "/v1/partners/{partner}"): [("/v1/partners/teller", _PARTNER)],
    ("POST", "/v1/partners/{partner}/keys"): ["/v1/partners/teller/keys"],
    ("DELETE", "/v1/partners/{partner}/keys/{key_id}"): ["/v1/partners/teller/keys/x"],
    ("GET", "/v1/admin/progress"): ["/v1/admin/progress"],
    ("POST", "/v1/admin/parked/retry"): ["/v1/admin/parked/retry"],
    ("GET", "/v1/admin/reports"): ["/v1/admin/reports?event=1", f"/v1/admin/reports?event={CANARY}"],
    ("GET", "/v1/admin/dead-letters"): ["/v1/admin/dead-letters"],
    ("POST", "/v1/admin/dead-letters/replay"): [("/v1/admin/dead-letters/replay", {"everything": True})],
    ("POST", "/v1/admin/dead-letters/purge"): [("/v1/admin/dead-letters/purge", {"everything": True})],
    ("GET", "/v1/admin/export"): ["/v1/admin/export"],
    ("GET", "/healthz"): ["/healthz"],
    ("GET", "/readyz"): ["/readyz"],
    ("GET", "/problems/{slug}"): ["/problems/not-found", f"/problems/{CANARY}"],
    ("GET", "/docs"): ["/docs"],
    ("GET", "/docs/swagger-ui-bundle.js"): ["/docs/swagger-ui-bundle.js"],
    ("GET", "/docs/swagger-ui.css"): ["/docs/swagger-ui.css"],
    ("GET", "/docs/favicon.png"): ["/docs/favicon.png"],
    ("GET", "/openapi.json"): ["/openapi.json"],
}


async def answers(registry: Registry, partner: str | None) -> dict[str, bytes]:
    """All that a reader gets, by what it asked: status, headers but the date, and body; every page of every list."""
    got: dict[str, bytes] = {}
    for (method, _), cases in CASES.items():
        for case in cases:
            address, form = case if isinstance(case, tuple) else (case, None)
            following: str | None = address
            while following is not None:
                answer = await registry.client.request(
                    method, following, json=form, headers=registry.keys.get(partner or "", {})
                )
                assert answer.status_code < 500, f"{following}: {answer.text}"
                got[f"{method} {following} {form or ''}"] = _bytes(answer)
                following = _next(answer)
    return got


def _bytes(answer: httpx.Response) -> bytes:
    headers = sorted((name, value) for name, value in answer.headers.raw if name.lower() != b"date")
    return b"\n".join([str(answer.status_code).encode(), *(b": ".join(h) for h in headers), answer.content])


def _next(answer: httpx.Response) -> str | None:
    if answer.status_code != 200 or answer.headers.get("content-type") != "application/json":
        return None
    body = answer.json()
    return body.get("next") if isinstance(body, dict) else None
