"""One trace from the report to the delivery: what a stage does for a message goes on in that message's own trace."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.semconv.attributes.error_attributes import ERROR_TYPE
from opentelemetry.trace import Link, Span, SpanKind, StatusCode
from opentelemetry.util.types import AttributeValue

from istmo_common.kafka.headers import parent_of
from istmo_common.kafka.spans import onward

__all__ = ["span_for"]

_tracer = trace.get_tracer("istmo_notify")


@contextmanager
def span_for(
    name: str,
    traceparent: str | None,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Mapping[str, AttributeValue] | None = None,
) -> Iterator[Span]:
    """A span in the trace that `traceparent` names, linked to the current one where that is in another trace.

    It is current within the block.
    """
    parent = parent_of(onward(traceparent))
    current = trace.get_current_span().get_span_context()
    apart = parent is not None and current.is_valid and current.trace_id != parent.trace_id
    span = _tracer.start_span(
        name,
        context=None if parent is None else trace.set_span_in_context(trace.NonRecordingSpan(parent)),
        kind=kind,
        attributes=attributes,
        links=[Link(current)] if apart else [],
    )
    # An exception's text may quote what was reported: its type alone is kept.
    with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        try:
            yield span
        except BaseException as error:
            span.set_attribute(ERROR_TYPE, type(error).__qualname__)
            span.set_status(StatusCode.ERROR)
            raise
