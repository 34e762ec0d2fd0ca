"""A trace context is read as OpenTelemetry reads it."""

from itertools import product

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from istmo_common.kafka.headers import TRACEPARENT, parent_of

_VERSIONS = ("00", "01", "fe", "ff", "0", "AB")
_TRACES = ("4bf92f3577b34da6a3ce929d0e0e4736", "0" * 32, "4bf92f3577b34da6a3ce929d0e0e473", "4BF92F3577B34DA6" * 2)
_SPANS = ("00f067aa0ba902b7", "0" * 16, "00f067aa0ba902b", "00f067aa0ba902bg")
_FLAGS = ("00", "01", "ff", "1", "01-more", "01-", "01more")


def test_every_spelling_names_the_span_that_opentelemetry_finds_in_it() -> None:
    """A client's trace goes on here exactly where it would go on in any other service."""
    read, expected = [], []
    for parts in product(_VERSIONS, _TRACES, _SPANS, _FLAGS):
        stated = "-".join(parts)
        extracted = TraceContextTextMapPropagator().extract({TRACEPARENT: stated})
        context = trace.get_current_span(extracted).get_span_context()
        expected.append(context if context.is_valid else None)
        read.append(parent_of(stated))
    assert expected == read
    assert any(read)
