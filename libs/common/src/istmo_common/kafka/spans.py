"""Spans around the log, after OpenTelemetry's messaging conventions: `send {topic}` and `process {topic}`.

No span records an exception: its text may quote a report. It carries the error's type alone.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.semconv._incubating.attributes import messaging_attributes as messaging
from opentelemetry.semconv.attributes.error_attributes import ERROR_TYPE
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, StatusCode
from opentelemetry.util.types import AttributeValue

from istmo_common.events.envelope import Headers
from istmo_common.kafka.headers import TRACEPARENT, parent_of, traceparent_of, with_traceparent

__all__ = ["PublishSpans", "onward", "process_span", "publish_spans"]

_MAX_LINKS: Final = 128

_tracer = trace.get_tracer("istmo_common.kafka")


class PublishSpans:
    """The spans of one sending: `headers` are those of each message, in order, with the trace context to send."""

    def __init__(self, spans: list[Span], headers: list[Headers]) -> None:
        self._spans = spans
        self.headers = headers

    def fail(self, index: int, error: BaseException) -> None:
        """Note on the span of the message at `index` that it was not, or perhaps not, published."""
        _note(self._spans[index], error)


@contextmanager
def publish_spans(messages: Sequence[tuple[str, Iterable[tuple[str, bytes]]]]) -> Iterator[PublishSpans]:
    """PRODUCER spans `send {topic}` around the sending of (topic, headers).

    Within a span (a request) there is one for each topic, as its children. Without, as when a relay sends what many
    traces left behind, there is one for each message, continuing the trace that its headers name.
    """
    own: dict[str, tuple[Span, str | None]] = {}
    spans: list[Span] = []
    headers: list[Headers] = []
    within = trace.get_current_span().get_span_context().is_valid
    try:
        for topic, stated in messages:
            if not within:
                span, here = _sending(topic, parent_of(_stated_traceparent(stated)))
            elif topic in own:
                span, here = own[topic]
            else:
                span, here = own[topic] = _sending(topic, None)
            spans.append(span)
            headers.append(with_traceparent(stated, here))
        yield PublishSpans(spans, headers)
    finally:
        for span in dict.fromkeys(spans):
            span.end()


@contextmanager
def process_span(
    topics: Collection[str], traceparents: Sequence[str | None], *, group: str | None = None
) -> Iterator[Span]:
    """The CONSUMER span `process {topic}` around the handling of messages with these trace contexts; it is current.

    It continues the trace of the first message that has one, and links to all of them. Messages of several topics
    make a span `process`.
    """
    topic = next(iter(topics)) if len(set(topics)) == 1 else None
    origins = [origin for text in dict.fromkeys(traceparents) if (origin := parent_of(text)) is not None]
    attributes = _attributes(topic, "process")
    if group is not None:
        attributes[messaging.MESSAGING_CONSUMER_GROUP_NAME] = group
    if len(traceparents) != 1:
        attributes[messaging.MESSAGING_BATCH_MESSAGE_COUNT] = len(traceparents)
    span = _tracer.start_span(
        "process" if topic is None else f"process {topic}",
        context=_within(origins[0]) if origins else None,
        kind=SpanKind.CONSUMER,
        attributes=attributes,
        links=[Link(origin) for origin in origins[:_MAX_LINKS]],
    )
    with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        try:
            yield span
        except BaseException as error:
            _note(span, error)
            raise


def onward(traceparent: str | None) -> str | None:
    """The trace context to leave with what a message caused: the current span, if it belongs to the message's trace.

    In a batch of many traces the span of the batch belongs to one of them; the others go on from where they came.
    """
    here, origin = trace.get_current_span().get_span_context(), parent_of(traceparent)
    if origin is None or origin.trace_id == here.trace_id:
        return traceparent_of(here) or traceparent
    return traceparent


def _sending(topic: str, parent: SpanContext | None) -> tuple[Span, str | None]:
    """The span `send {topic}`, and the trace context that names it."""
    context = _within(parent) if parent is not None else None
    name, attributes = _sent(topic)
    span = _tracer.start_span(name, context=context, kind=SpanKind.PRODUCER, attributes=attributes)
    return span, traceparent_of(span.get_span_context())


@cache
def _sent(topic: str) -> tuple[str, dict[str, AttributeValue]]:
    return f"send {topic}", _attributes(topic, "send")


def _within(parent: SpanContext) -> Context:
    return trace.set_span_in_context(trace.NonRecordingSpan(parent))


def _stated_traceparent(headers: Iterable[tuple[str, bytes]]) -> str | None:
    return next((value.decode("ascii", "replace") for name, value in headers if name == TRACEPARENT), None)


def _attributes(topic: str | None, operation: str) -> dict[str, AttributeValue]:
    attributes: dict[str, AttributeValue] = {
        messaging.MESSAGING_SYSTEM: "kafka",
        messaging.MESSAGING_OPERATION_NAME: operation,
        messaging.MESSAGING_OPERATION_TYPE: operation,
    }
    if topic is not None:
        attributes[messaging.MESSAGING_DESTINATION_NAME] = topic
    return attributes


def _note(span: Span, error: BaseException) -> None:
    span.set_attribute(ERROR_TYPE, type(error).__qualname__)
    span.set_status(StatusCode.ERROR)
