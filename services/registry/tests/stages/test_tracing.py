"""Spans of the stages: they go on with the first trace that they were claimed for, and link to the others."""

from datetime import UTC, datetime

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from istmo_registry.stages import tracing
from istmo_registry.stages.tracing import continued, traced_claim

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
FIRST, SECOND = (f"00-{number:032x}-{number:016x}-01" for number in (1, 2))


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """What is traced."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("test"))
    return exporter


def test_a_round_goes_on_with_the_oldest_trace_and_links_the_others(spans: InMemorySpanExporter) -> None:
    """An operator finds the whole way of a report in one trace, and that others were dealt with on the way."""
    with traced_claim("resolve") as claim:
        claim.take_work([(8, 2, SECOND, SINCE), (7, 1, FIRST, SINCE), (9, 3, None, SINCE)])
        going_on = [claim.trace_of([activity]) for activity in (1, 2, 3)]
    (span,) = spans.get_finished_spans()

    assert ("resolve", 1, 1) == (span.name, span.context.trace_id, span.parent.span_id if span.parent else None)
    assert [2] == [link.context.trace_id for link in span.links]
    here = f"00-{1:032x}-{span.context.span_id:016x}-01"
    assert [here, SECOND, here] == going_on


def test_a_round_that_found_nothing_leaves_no_span(spans: InMemorySpanExporter) -> None:
    """Looking once a second does not fill the traces."""
    with traced_claim("match") as claim:
        claim.take_dirty([])
    assert () == spans.get_finished_spans()


def test_an_error_is_named_but_not_quoted(spans: InMemorySpanExporter) -> None:
    """What a report says is not told to operators by way of an error's text."""
    with pytest.raises(ValueError, match="secret"):
        _fail()
    (span,) = spans.get_finished_spans()
    assert (StatusCode.ERROR, None, ()) == (span.status.status_code, span.status.description, span.events)
    assert "ValueError" == (span.attributes or {})["error.type"]


def test_a_report_goes_on_by_way_of_the_span_that_handles_it(spans: InMemorySpanExporter) -> None:
    """Of a batch, each report stays in its own trace."""
    assert FIRST == continued(FIRST)
    parent = trace.set_span_in_context(trace.NonRecordingSpan(_context(FIRST)))
    with tracing._tracer.start_as_current_span("process activities", context=parent) as span:
        here = f"00-{1:032x}-{span.get_span_context().span_id:016x}-01"
        assert [here, SECOND, here] == [continued(FIRST), continued(SECOND), continued(None)]


def _fail() -> None:
    with traced_claim("match") as claim:
        claim.take_dirty([(1, 1, "match", None, SINCE)])
        raise ValueError("secret")


def _context(traceparent: str) -> trace.SpanContext:
    _, trace_id, span_id, _ = traceparent.split("-")
    return trace.SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=trace.TraceFlags(1))
