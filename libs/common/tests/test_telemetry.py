"""What telemetry sends: the right spans with the right parents, and nothing that a report says."""

import gzip
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from fastapi import FastAPI
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from pytest_httpserver import HTTPServer

from istmo_common.disclosure import CLEAR, DisclosureError, Marked
from istmo_common.errors import DeliveryUnknown
from istmo_common.kafka import spans
from istmo_common.kafka.headers import parent_of, traceparent_of
from istmo_common.kafka.spans import onward, process_span, publish_spans
from istmo_common.telemetry import ENDPOINT, create_app_telemetry, make_tracer_provider

_TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
_OTHER = "00-1af7651916cd43dd8448eb211c80319c-c7ad6b7169203331-01"


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    """Where the spans of this test arrive."""
    return InMemorySpanExporter()


@pytest.fixture
def provider(exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch) -> Iterator[TracerProvider]:
    """Telemetry as a process sets it up, with its spans kept here."""
    provider = make_tracer_provider(exporter)
    monkeypatch.setattr(spans, "_tracer", provider.get_tracer("test"))
    yield provider
    provider.shutdown()


def _sent(provider: TracerProvider, exporter: InMemorySpanExporter) -> Sequence[ReadableSpan]:
    provider.force_flush()
    return sorted(exporter.get_finished_spans(), key=lambda span: span.start_time or 0)


def _trace_id(span: ReadableSpan) -> str:
    return f"{span.get_span_context().trace_id:032x}"


def test_a_message_continues_its_trace(provider: TracerProvider, exporter: InMemorySpanExporter) -> None:
    """One trace leads from the sender through the log to the worker: send, then process below it."""
    with publish_spans([("activities", [("traceparent", _TRACE.encode()), ("ce_id", b"1")])]) as publishing:
        headers = dict(publishing.headers[0])
    with process_span({"activities"}, [headers["traceparent"].decode()], group="fold"):
        onwards = onward(headers["traceparent"].decode())

    send, process = _sent(provider, exporter)
    assert ("send activities", SpanKind.PRODUCER, "process activities", SpanKind.CONSUMER) == (
        send.name,
        send.kind,
        process.name,
        process.kind,
    )
    assert send.parent is not None
    assert process.parent is not None
    assert (_TRACE[36:52], send.get_span_context().span_id) == (f"{send.parent.span_id:016x}", process.parent.span_id)
    assert [_TRACE[3:35]] * 2 == [_trace_id(send), _trace_id(process)]
    assert [send.get_span_context().span_id] == [link.context.span_id for link in process.links]
    assert b"1" == headers["ce_id"]
    assert traceparent_of(process.get_span_context()) == onwards
    assert {
        "messaging.system": "kafka",
        "messaging.destination.name": "activities",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.consumer.group.name": "fold",
    } == dict(process.attributes or {})


def test_a_batch_links_to_every_trace_and_lets_each_go_on(
    provider: TracerProvider, exporter: InMemorySpanExporter
) -> None:
    """Work that was joined is found from each of its reports; what one caused goes on in its own trace."""
    with process_span({"activities", "transactions"}, [_TRACE, None, _OTHER]):
        assert (_TRACE[:35], _OTHER) == ((onward(_TRACE) or "")[:35], onward(_OTHER))

    (process,) = _sent(provider, exporter)
    assert ("process", _TRACE[3:35], 3) == (
        process.name,
        _trace_id(process),
        (process.attributes or {})["messaging.batch.message_count"],
    )
    assert [_TRACE, _OTHER] == [traceparent_of(link.context) for link in process.links]


def test_a_request_sends_its_batch_in_one_span_per_topic(
    provider: TracerProvider, exporter: InMemorySpanExporter
) -> None:
    """A batch of many events shows as one sending to each topic, below the request, and says if it failed."""
    messages = [("activities", []), ("transactions", []), ("activities", [])]
    with (
        provider.get_tracer("test").start_as_current_span("POST /v1/events") as request,
        publish_spans(messages) as publishing,
    ):
        publishing.fail(1, DeliveryUnknown("no answer"))
        contexts = [parent_of(dict(headers)["traceparent"].decode()) for headers in publishing.headers]

    _, activities, transactions = _sent(provider, exporter)
    assert ["send activities", "send transactions"] == [activities.name, transactions.name]
    assert activities.parent == request.get_span_context()
    assert [activities.get_span_context().span_id, transactions.get_span_context().span_id] * 1 == [
        context.span_id for context in contexts[:2] if context is not None
    ]
    assert contexts[0] == contexts[2]
    assert ("DeliveryUnknown", False) == (
        (transactions.attributes or {})["error.type"],
        activities.status.is_ok is False,
    )


def test_without_telemetry_the_clients_trace_goes_through() -> None:
    """A platform that traces nothing itself hands on the trace context that came with a report."""
    with publish_spans([("activities", [("traceparent", _TRACE.encode())]), ("activities", [])]) as publishing:
        assert [[("traceparent", _TRACE.encode())], []] == publishing.headers
    assert _TRACE == onward(_TRACE)


def test_no_exception_text_leaves(provider: TracerProvider, exporter: InMemorySpanExporter) -> None:
    """What went wrong is named by its type: an error's text may quote a report."""
    with pytest.raises(ValueError, match="canary"), process_span({"activities"}, [None]):
        raise ValueError("canary-7391")
    with pytest.raises(ValueError, match="canary"), provider.get_tracer("another").start_as_current_span("careless"):
        raise ValueError("canary-7391")

    sent = _sent(provider, exporter)
    assert "ValueError" == (sent[0].attributes or {})["error.type"]
    assert [False, False] == [span.status.is_ok for span in sent]
    assert "canary" not in "".join(span.to_json() for span in sent)


def test_a_marked_value_is_no_attribute(provider: TracerProvider, exporter: InMemorySpanExporter) -> None:
    """A value with a marking that reaches a span stops the code instead of leaking."""
    with provider.get_tracer("test").start_as_current_span("careless") as span:
        with pytest.raises(DisclosureError):
            span.set_attribute("title", Marked("canary-7391", CLEAR))  # type: ignore[arg-type]
        with pytest.raises(DisclosureError):
            span.set_attribute("titles", [Marked("canary-7391", CLEAR)])  # type: ignore[list-item]
    assert "canary" not in _sent(provider, exporter)[0].to_json()


async def test_requests_are_named_by_route_alone(provider: TracerProvider, exporter: InMemorySpanExporter) -> None:
    """An identifier in a path, a search in a query, an input that was refused: none of them is in the trace."""
    app = FastAPI(telemetry=create_app_telemetry() | {"tracer_provider": provider})  # type: ignore[typeddict-item]

    @app.get("/v1/activities/{activity}")
    def read(activity: str, limit: int) -> str:
        return activity

    @app.get("/v1/broken/{activity}")
    def fail(activity: str) -> str:
        raise ValueError(activity)

    @app.get("/healthz")
    def live() -> str:
        return "ok"

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        await client.get("/v1/activities/canary-7391?limit=3&q=canary-7391")
        await client.get("/v1/activities/canary-7391?limit=canary-7391")
        await client.get("/v1/broken/canary-7391")
        await client.get("/healthz")

    sent = _sent(provider, exporter)
    assert ["GET /v1/activities/{activity}"] * 2 + ["GET /v1/broken/{activity}"] == [span.name for span in sent]
    assert [200, 422, 500] == [(span.attributes or {})["http.response.status_code"] for span in sent]
    assert "canary" not in "".join(span.to_json() for span in sent)


_PROCESS = """
import time
from opentelemetry import trace
from istmo_common.logs import configure_logging
from istmo_common.telemetry import telemetry
import structlog
configure_logging("test")
with telemetry("test"):
    tracer = trace.get_tracer("test")
    started = time.monotonic()
    for _ in range(20_000):
        with tracer.start_as_current_span("work"):
            pass
    structlog.get_logger().info("done")
    worked = time.monotonic()
print(worked - started, time.monotonic() - worked)
"""


def test_a_collector_that_is_away_slows_nothing() -> None:
    """Whether nobody listens at the endpoint or somebody who never answers, the work goes on and the end comes soon."""

    def run(away: socket.socket) -> str:
        environment = os.environ | {ENDPOINT: f"http://127.0.0.1:{away.getsockname()[1]}"}
        done = subprocess.run(
            [sys.executable, "-c", _PROCESS], env=environment, capture_output=True, text=True, timeout=60, check=True
        )
        return done.stdout

    with socket.socket() as refuses, socket.socket() as hangs, ThreadPoolExecutor() as both:
        for away in (refuses, hangs):
            away.bind(("127.0.0.1", 0))
        hangs.listen()
        told = list(both.map(run, (refuses, hangs)))
    for worked, ended in (map(float, one.split()) for one in told):
        assert (True, True) == (worked < 5, ended < 7), (worked, ended)


def test_what_a_process_did_arrives_before_it_has_ended(httpserver: HTTPServer) -> None:
    """A process that is stopped takes no finished span and no log record with it."""
    for path in ("/v1/traces", "/v1/logs", "/v1/metrics"):
        httpserver.expect_request(path).respond_with_data("")
    environment = os.environ | {ENDPOINT: httpserver.url_for("").rstrip("/")}
    subprocess.run([sys.executable, "-c", _PROCESS], env=environment, capture_output=True, timeout=60, check=True)

    bodies: dict[str, bytes] = {}
    for request, _ in httpserver.log:
        body = request.get_data()
        zipped = request.headers.get("content-encoding") == "gzip"
        bodies[request.path] = bodies.get(request.path, b"") + (gzip.decompress(body) if zipped else body)
    assert (True, True) == (b"work" in bodies["/v1/traces"], b"done" in bodies["/v1/logs"])
