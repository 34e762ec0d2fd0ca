"""One report on its way: posted by one partner, told to another by webhook and stream, in one trace."""

import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from inline_snapshot import snapshot
from standardwebhooks import Webhook

from istmo_support.listener import Listener, Received
from istmo_support.platform import Platform
from istmo_support.spans import Span, plain, spans_in, tree

_SETTLING_SECONDS = 2
_TITLE = "Unidad de análisis criminal para la policía de Comayagua"


def _report(reporter: str, number: str, event_id: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "/journey",
        "type": "activity.reported",
        "time": "2026-03-01T09:00:00Z",
        "data": {
            "reporter": reporter,
            "activity": f"{reporter}-{number}",
            "marking": {"tlp": "CLEAR"},
            "title": [{"text": _TITLE, "language": "es"}],
            "recipient_countries": [{"code": "HN", "percentage": "100"}],
            "dates": [{"type": "2", "date": "2026-01-15"}],
        },
    }


def _post(platform: Platform, event: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
    return httpx.post(
        f"{platform.addresses['ingest']}/v1/events",
        content=json.dumps(event),
        headers={"Content-Type": "application/cloudevents+json", **headers},
        timeout=10,
    )


def _subscribe(platform: Platform, key: dict[str, str], channel: dict[str, str]) -> dict[str, Any]:
    form = {"channel": channel, "filter": {"types": ["alert.raised"]}}
    answer = httpx.post(f"{platform.addresses['notify']}/v1/subscriptions", json=form, headers=key, timeout=10)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@contextmanager
def _streamed(platform: Platform, key: dict[str, str], subscription: str) -> Iterator[list[dict[str, Any]]]:
    """The items that a reader of the subscription's stream has got so far."""
    got: list[dict[str, Any]] = []
    url = f"{platform.addresses['notify']}/v1/subscriptions/{subscription}/stream"
    opened = threading.Event()

    def read() -> None:
        with httpx.stream("GET", url, headers=key, timeout=30) as answer:
            opened.set()
            for line in answer.iter_lines():
                if line.startswith("data:") and '"type"' in line:
                    got.append(json.loads(line.removeprefix("data:")))
                    return

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    assert opened.wait(10), "the stream did not open"
    yield got
    thread.join(20)


@pytest.mark.timeout(300)
def test_a_duplicate_reaches_the_other_partner_by_webhook_and_stream_in_one_trace(
    platform: Platform, collector: Listener
) -> None:
    """Whoever's work is reported a second time hears of it, and operations can follow that report all the way."""
    first = platform.add_partner("Journey Norte", "XI-JOURNEY-NORTE", language="es")
    second = platform.add_partner("Journey Sur", "XI-JOURNEY-SUR", language="en")
    with Listener() as receiver:
        webhook = _subscribe(platform, first, {"kind": "webhook", "url": receiver.url})
        stream = _subscribe(platform, first, {"kind": "sse"})
        assert _post(platform, _report("XI-JOURNEY-NORTE", "1", "norte-1"), first).status_code == 202
        platform.rest()
        trace, span = secrets.token_hex(16), secrets.token_hex(8)
        with _streamed(platform, first, stream["id"]) as streamed:
            answer = _post(
                platform,
                _report("XI-JOURNEY-SUR", "1", "sur-1"),
                {**second, "traceparent": f"00-{trace}-{span}-01"},
            )
            assert answer.status_code == 202, answer.text
            delivered = receiver.wait_for(lambda received: len(received) == 1)[0]
        assert Webhook(webhook["secret"]).verify(delivered.body, delivered.headers)
    item = json.loads(delivered.body)
    assert [side["title"] for side in item["data"]["sides"]] == [_TITLE, _TITLE]
    assert [side["reporter"] for side in item["data"]["sides"]] == ["XI-JOURNEY-NORTE", "XI-JOURNEY-SUR"]
    assert [each["data"] for each in streamed] == [item["data"]]
    assert delivered.headers["traceparent"].split("-")[1] == trace
    assert _tree_of(collector, trace, span, delivered.headers["traceparent"].split("-")[2]) == snapshot("""\
istmo-ingest: POST /v1/events (SERVER)
  istmo-ingest: send activities (PRODUCER)
    istmo-registry: process activities (CONSUMER)
      istmo-registry: match (INTERNAL)
        istmo-registry: resolve (INTERNAL)
          istmo-registry: send findings (PRODUCER)
            istmo-notify: process findings (CONSUMER)
              istmo-notify: alert compose (INTERNAL)
                istmo-notify: POST (CLIENT)
                istmo-notify: send alerts (PRODUCER)
          istmo-registry: send programmes (PRODUCER)
            istmo-notify: process programmes (CONSUMER)\
""")

    _assert_measured(collector)
    way = json.loads(platform.command("trace", "sur-1", "--partner", "journey-sur", "--json"))
    assert _stages(way["steps"]) == snapshot("""\
registry fold
  registry match
    registry resolve
      registry relay
        notify intake
          notify deliver
          notify list
          notify relay\
""")


def _assert_measured(collector: Listener) -> None:
    """Every measure arrives under its name, and none of them carries a word of a report or a partner's name."""
    wanted = (
        "http.server.request.duration",
        "istmo.deliveries",
        "istmo.outbox.sent",
        "istmo.receipts",
        "istmo.stage.duration",
        "messaging.process.duration",
    )

    def measures(received: list[Received]) -> bytes:
        return b"".join(plain(request) for request in received if request.path == "/v1/metrics")

    found = collector.wait_for(lambda received: all(name.encode() in measures(received) for name in wanted))
    assert [word for word in (_TITLE, "journey", "JOURNEY", "Journey") if word.encode() in measures(found)] == []


def _stages(steps: list[dict[str, Any]], depth: int = 0) -> str:
    """The steps that `istmo trace` prints; siblings of one name are one line."""
    named: dict[str, list[dict[str, Any]]] = {}
    for step in steps:
        named.setdefault(f"{'  ' * depth}{step['service']} {step['stage']}", []).extend(step["then"])
    lines = [[name, *([_stages(named[name], depth + 1)] if named[name] else [])] for name in sorted(named)]
    return "\n".join(line for several in lines for line in several)


def _tree_of(collector: Listener, trace: str, root: str, last: str) -> str:
    """The trace's spans below the client's, once the webhook's has come and for a while no further one."""

    def spans(received: list[Received]) -> list[Span]:
        return [span for span in spans_in(received) if span.trace == trace]

    collector.wait_for(lambda received: any(span.id == last for span in spans(received)))
    known: list[Span] = []
    while len(known) < len(found := spans(collector.received)):
        known = found
        time.sleep(_SETTLING_SECONDS)
    return tree(known, root)
