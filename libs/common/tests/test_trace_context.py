"""Trace context is read as OpenTelemetry's own propagator reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from istmo_common.kafka.headers import parent_of, trace_id_of

_TRACE, _SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
_WHOLE = f"00-{_TRACE}-{_SPAN}-01"
_parts = st.tuples(
    st.sampled_from(["00", "01", "ff", "0", "zz"]),
    st.sampled_from([_TRACE, "0" * 32, _TRACE[1:], _TRACE.upper()]),
    st.sampled_from([_SPAN, "0" * 16, _SPAN + "0"]),
    st.sampled_from(["00", "01", "03", "ff", "1"]),
    st.sampled_from(["", "-", "-more", " ", "\t"]),
).map(lambda parts: "-".join(parts[:4]) + parts[4])


def _by_the_propagator(traceparent: str) -> trace.SpanContext | None:
    carried = TraceContextTextMapPropagator().extract({"traceparent": traceparent})
    context = trace.get_current_span(carried).get_span_context()
    return context if context.is_valid else None


@given(_parts)
def test_a_trace_is_found_where_the_standard_finds_one(traceparent: str) -> None:
    """A client's trace is continued exactly where any OpenTelemetry program would continue it."""
    expected = _by_the_propagator(traceparent)

    assert expected == parent_of(traceparent)
    assert (None if expected is None else f"{expected.trace_id:032x}") == trace_id_of(traceparent)


@pytest.mark.parametrize("traceparent", [f" {_WHOLE}", f"cc-{_TRACE}-{_SPAN}-01-{'x' * 600}"])
def test_what_is_around_it(traceparent: str) -> None:
    """Blanks before it are passed over; a text without end is not read."""
    assert _by_the_propagator(traceparent) == parent_of(traceparent)
