"""W3C trace context on Kafka headers. (The attributes of an event, `ce_…`, are the envelope's own.)"""

from collections.abc import Iterable

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

__all__ = ["TRACEPARENT", "parent_of", "traceparent_of", "with_traceparent"]

TRACEPARENT = "traceparent"

_PROPAGATOR = TraceContextTextMapPropagator()


def parent_of(traceparent: str | None) -> trace.SpanContext | None:
    """The span that a `traceparent` names; None for none and for one that cannot be read, which never is an error."""
    if traceparent is None:
        return None
    context = trace.get_current_span(_PROPAGATOR.extract({TRACEPARENT: traceparent})).get_span_context()
    return context if context.is_valid else None


def traceparent_of(context: trace.SpanContext) -> str | None:
    """The `traceparent` that names a span; None for one that is not valid (telemetry is off)."""
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def with_traceparent(headers: Iterable[tuple[str, bytes]], traceparent: str | None) -> list[tuple[str, bytes]]:
    """The headers with this trace context in place of theirs; unchanged where there is none to set."""
    if traceparent is None:
        return list(headers)
    return [header for header in headers if header[0] != TRACEPARENT] + [(TRACEPARENT, traceparent.encode())]
