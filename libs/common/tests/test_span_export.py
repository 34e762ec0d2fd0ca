"""What leaves as spans is what OpenTelemetry's own encoder would have sent."""

from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans as encode_by_library
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanContext, SpanKind, StatusCode, TraceFlags, TraceState

from istmo_common.span_export import encode_spans
from istmo_common.telemetry import make_tracer_provider

_REMOTE = SpanContext(0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331, True, TraceFlags(1))
_STATEFUL = SpanContext(7, 8, True, TraceFlags(1), TraceState([("vendor", "x")]))


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    """Where the spans of this test arrive."""
    return InMemorySpanExporter()


@pytest.fixture
def provider(exporter: InMemorySpanExporter) -> Iterator[TracerProvider]:
    """Telemetry as a process sets it up, with its spans kept here."""
    provider = make_tracer_provider(exporter, Resource.create({"service.name": "istmo-test"}))
    yield provider
    provider.shutdown()


def _told(request: ExportTraceServiceRequest) -> list[tuple[str, ...]]:
    """Each span with its resource and scope: they may be grouped in more than one way."""
    return sorted(
        (span.span_id.hex(), str(span), str(of.resource), str(within.scope))
        for of in request.resource_spans
        for within in of.scope_spans
        for span in within.spans
    )


def test_spans_arrive_as_the_library_would_send_them(provider: TracerProvider, exporter: InMemorySpanExporter) -> None:
    """Whoever reads the traces sees no difference, whatever a span has."""
    one, other = provider.get_tracer("one"), provider.get_tracer("other")
    for parent in (None, _REMOTE, _STATEFUL):
        context = None if parent is None else trace.set_span_in_context(trace.NonRecordingSpan(parent))
        for value in (1, True, 1.0, "1", ["a", "b"], {"a": [1]}, "x" * 300):
            with one.start_as_current_span("POST /v1/events", context, SpanKind.SERVER, {"value": value}):
                inner = other.start_span("send activities", kind=SpanKind.PRODUCER, links=[Link(_REMOTE)])
                inner.set_status(StatusCode.ERROR)
                inner.end()
                other.start_span("plain", attributes={"one": 1, "value": value}).end()
    provider.force_flush()
    spans = exporter.get_finished_spans()

    assert 3 * 7 * 3 == len(spans)
    # Twice: what is known by then is taken from memory.
    for _ in range(2):
        ours = ExportTraceServiceRequest.FromString(encode_spans(spans))
        assert _told(encode_by_library(spans)) == _told(ours)
