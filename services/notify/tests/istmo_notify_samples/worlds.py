"""Two worlds that differ only in what one partner keeps to itself, and all that notify says in each."""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import httpx

from istmo_common.kafka.producer import Outgoing
from istmo_notify_samples import (
    authorization,
    cleared,
    duplicate,
    oddity,
    outcome,
    partner,
    red,
    sent_finding,
    sent_programme,
    side,
)
from istmo_notify_samples.bench import Bench
from istmo_support.routes import Route

__all__ = ["CANARY", "CASES", "LAST", "PARTNERS", "READERS", "answers", "story", "timeless"]


CANARY: Final = "canario-4471"
PARTNERS: Final = (
    partner("pa", "XA"),
    partner("pb", "XB", language="en"),
    partner("pc", "XC"),
    partner("desk", custodian_of="unclaimed", steward=True),
)
READERS: Final = (None, "pa", "pc", "desk")
"""All but the one who keeps something to itself."""
LAST: Final = "p-last"
"""The programme with which both stories end."""

_OWN: Final = "sub_" + "0" * 31 + "1"
_UNKNOWN: Final = "sub_" + "f" * 32
_RANGES: Final = ("", "?limit=1", "?limit=2&after=1", "?after=500", "?limit=0", f"?{CANARY}=1")
_SUBSCRIPTIONS: Final = (_OWN, _UNKNOWN, CANARY)
_FORMS: Final[tuple[Any, ...]] = (
    {"channel": {"kind": "sse"}},
    {"channel": {"kind": "sse"}, "filter": {"organisations": ["XB"], "countries": ["HN"]}},
    {"channel": {"kind": "webhook", "url": "https://example.org/hook"}},
    {"channel": {"kind": "webhook", "url": f"ftp://{CANARY}"}},
    {},
)


def _each(path: str, *tails: str) -> list[str]:
    return [path.format(name) + tail for name in _SUBSCRIPTIONS for tail in (tails or ("",))]


CASES: Final[dict[Route, Sequence[str | tuple[str, Any]]]] = {
    ("GET", "/v1/subscriptions"): ["/v1/subscriptions"],
    ("GET", "/v1/subscriptions/{id}"): _each("/v1/subscriptions/{}"),
    ("GET", "/v1/subscriptions/{id}/events"): _each("/v1/subscriptions/{}/events", *_RANGES),
    ("GET", "/v1/subscriptions/{id}/stream"): _each("/v1/subscriptions/{}/stream"),
    ("GET", "/v1/feed"): [
        f"/v1/feed{query}"
        for query in (*_RANGES, "?countries=HN", "?goals=2", "?organisations=XB", f"?organisations={CANARY}")
    ],
    ("GET", "/v1/alerts"): [
        f"/v1/alerts{query}" for query in ("", "?cleared=true", "?limit=1", "?language=en", f"?after={CANARY}")
    ],
    ("GET", "/v1/admin/progress"): ["/v1/admin/progress"],
    ("GET", "/v1/admin/stages"): [f"/v1/admin/stages?trace={1:032x}"],
    ("GET", "/healthz"): ["/healthz"],
    ("GET", "/readyz"): ["/readyz"],
    ("GET", "/problems/{slug}"): ["/problems/not-found", f"/problems/{CANARY}"],
    ("GET", "/docs"): ["/docs"],
    ("GET", "/docs/swagger-ui-bundle.js"): ["/docs/swagger-ui-bundle.js"],
    ("GET", "/docs/swagger-ui.css"): ["/docs/swagger-ui.css"],
    ("GET", "/docs/favicon.png"): ["/docs/favicon.png"],
    ("GET", "/openapi.json"): ["/openapi.json"],
    # What changes something comes last.
    ("POST", "/v1/subscriptions/{id}/resume"): _each("/v1/subscriptions/{}/resume"),
    ("POST", "/v1/subscriptions"): [("/v1/subscriptions", form) for form in _FORMS],
    ("DELETE", "/v1/subscriptions/{id}"): _each("/v1/subscriptions/{}"),
}
"""What is asked of every route, by its method and path."""


async def _at_once() -> None:
    """Nobody is waited for."""


async def story(bench: Bench, *, hidden: bool, heard: Callable[[], Awaitable[None]] = _at_once) -> None:
    """What both worlds have in common, in batches; where `hidden`, in between what the partner `pb` keeps to itself.

    After each batch `heard` is waited for: what is read late may have been withdrawn.
    """
    for visible, kept in zip(_told(), _kept(), strict=True):
        await bench.take(*visible, *(kept if hidden else ()))
        await heard()


async def answers(bench: Bench, reader: str | None) -> dict[str, bytes]:
    """All that a reader gets, by what it asked: status, headers and body, times left out."""
    got: dict[str, bytes] = {}
    headers = {} if reader is None else authorization(reader)
    async with bench.served() as url, httpx.AsyncClient(base_url=url, headers=headers, timeout=20) as client:
        for (method, _), cases in CASES.items():
            for case in cases:
                address, form = case if isinstance(case, tuple) else (case, None)
                got[f"{method} {address} {form or ''}"] = await _ask(client, method, address, form)
    return got


def timeless(text: bytes) -> bytes:
    """A text without the times at which things happened."""
    return re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", b"TIME", text)


async def _ask(client: httpx.AsyncClient, method: str, address: str, form: Any) -> bytes:
    """The whole answer; of a stream what comes up to its first heartbeat."""
    async with client.stream(method, address, json=form) as answer:
        body = b""
        async for chunk in answer.aiter_raw():
            body += chunk
            if b"event: heartbeat" in body and body.endswith(b"\n\n"):
                break
    headers = sorted((name, value) for name, value in answer.headers.raw if name.lower() != b"date")
    return timeless(b"\n".join([str(answer.status_code).encode(), *(b": ".join(h) for h in headers), body]))


def _told() -> list[list[Outgoing]]:
    found = duplicate(1, side(("XA", "a1")), side(("XC", "c1")))
    return [
        [sent_programme("k1", 1, outcome("p-1", ("XA", "a1"))), sent_programme("k2", 1, _shared())],
        [sent_finding(found), sent_programme("k3", 1, outcome("p-3", ("XB", "b3")))],
        [sent_finding(oddity(1, "older-report", side(("XD", "d1")))), sent_programme("k2", 9, _shared("Otro"))],
        [sent_programme("k3", 9), sent_finding(cleared(found, 2))],
        [sent_programme("kz", 1, outcome(LAST, ("XA", "z")))],
    ]


def _kept() -> list[list[Outgoing]]:
    label = red("XB")
    secret = outcome("p-h1", ("XB", "h1"), title=CANARY, label=label)
    whole = outcome("p-0", ("XA", "a2"), ("XB", "h2"), title=CANARY, label=label)
    conflict = oddity(1, "id-conflict", side(("XB", "h1"), title=CANARY, label=label))
    pair = duplicate(1, side(("XA", "a1")), side(("XB", "h1"), title=CANARY, label=label))
    return [
        [sent_programme("h1", 1, secret), sent_programme("k2", 2, _shared(), whole)],
        [sent_finding(conflict), sent_finding(pair), sent_programme("h1", 2, secret.model_copy(update={"lines": ()}))],
        [sent_programme("k2", 10, _shared("Otro"), whole), sent_programme("k2", 11, _shared("Otro"))],
        [sent_finding(cleared(conflict, 2)), sent_programme("h1", 3), sent_programme("h2", 1, secret)],
        [sent_finding(pair.model_copy(update={"version": 2, "score": "1.0000"}))],
    ]


def _shared(title: str = "Patrullas conjuntas") -> Any:
    """A programme of which everybody sees one activity."""
    return outcome("p-2", ("XA", "a2"), title=title)
