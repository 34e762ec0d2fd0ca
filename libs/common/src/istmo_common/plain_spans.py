"""Spans as the platform makes them: of plain attributes, without events, without error texts.

What leaves is read by operations staff, who are no readers of reports. So requests are named by their route and neither
by path nor query, an exception's text (it may quote a report) is not taken, and a `Marked` value raises
`DisclosureError` when it is set as an attribute, since the SDK asks it for its text.

The SDK's own span has locks, limits, events and a copy at its end, which took four times as long.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import time_ns
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.attributes import BoundedAttributes
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, SynchronousMultiSpanProcessor, Tracer, TracerProvider
from opentelemetry.sdk.trace.sampling import DEFAULT_ON, Decision
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.semconv.attributes.url_attributes import URL_FULL, URL_PATH, URL_QUERY
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.util.types import Attributes, AttributeValue

__all__ = ["PlainTracerProvider"]

_UNSET: Final = Status(StatusCode.UNSET)
_FAILED: Final = Status(StatusCode.ERROR)
_SCALARS: Final = frozenset({str, int, float, bool})
_REDACTED: Final = "REDACTED"
_QUOTING: Final = frozenset({URL_PATH, URL_QUERY, URL_FULL})
"""Attributes of requests that may quote a report. The route stays, and says which resource it was."""


class PlainTracerProvider(TracerProvider):
    """A provider whose tracers make plain spans and give them to `processor` when they end."""

    def __init__(self, processor: SpanProcessor, resource: Resource | None = None) -> None:
        processors = SynchronousMultiSpanProcessor()  # type: ignore[no-untyped-call]
        processors.add_span_processor(processor)
        super().__init__(resource=resource, shutdown_on_exit=False, active_span_processor=processors)

    def get_tracer(
        self,
        instrumenting_module_name: str,
        instrumenting_library_version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,
    ) -> trace.Tracer:
        """A tracer of plain spans; one that does nothing where OTEL_SDK_DISABLED says so."""
        version = instrumenting_library_version or ""
        tracer = super().get_tracer(instrumenting_module_name, version, schema_url, attributes)
        if not isinstance(tracer, Tracer):
            return tracer
        return _PlainTracer(tracer, InstrumentationScope(instrumenting_module_name, version, schema_url, attributes))


class _PlainTracer(trace.Tracer):
    def __init__(self, tracer: Tracer, scope: InstrumentationScope) -> None:
        self._tracer = tracer
        self.scope = scope

    @property
    def resource(self) -> Resource:
        return self._tracer.resource

    @property
    def processor(self) -> SpanProcessor:
        return self._tracer.span_processor

    def start_span(  # noqa: PLR0913, PLR0917 - OpenTelemetry's signature
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
    ) -> Span:
        stated = trace.get_current_span(context).get_span_context()
        parent = stated if stated.is_valid else None
        ids, sampler = self._tracer.id_generator, self._tracer.sampler
        trace_id = ids.generate_trace_id() if parent is None else parent.trace_id
        trace_state = None if parent is None else parent.trace_state
        if sampler is DEFAULT_ON:
            # What the SDK does unless it is told otherwise, without asking how it would do it.
            sampled = parent is None or parent.trace_flags.sampled
        else:
            result = sampler.should_sample(context, trace_id, name, kind, attributes, links)
            sampled = result.decision is Decision.RECORD_AND_SAMPLE
            trace_state = result.trace_state
            attributes = result.attributes
        random = ids.is_trace_id_random() if parent is None else parent.trace_flags.random_trace_id
        flags = TraceFlags((TraceFlags.SAMPLED * sampled) | (TraceFlags.RANDOM_TRACE_ID * random))
        own = SpanContext(trace_id, ids.generate_span_id(), False, flags, trace_state)
        if not sampled:
            return NonRecordingSpan(own)
        span = _PlainSpan(self, name, own, parent, kind)
        span.begin(attributes or {}, links or (), start_time)
        return span

    @contextmanager
    def start_as_current_span(  # type: ignore[override]
        self, name: str, *args: Any, end_on_exit: bool = True, **options: Any
    ) -> Iterator[Span]:
        span = self.start_span(name, *args, **options)
        with trace.use_span(span, end_on_exit, options.get("record_exception", True)):
            yield span


class _PlainSpan(Span, ReadableSpan):
    """A span that is being recorded, and what is read of it when it has ended."""

    def __init__(
        self, tracer: _PlainTracer, name: str, context: SpanContext, parent: SpanContext | None, kind: SpanKind
    ) -> None:
        ReadableSpan.__init__(
            self,
            name,
            context,
            parent,
            tracer.resource,
            kind=kind,
            status=_UNSET,
            instrumentation_scope=tracer.scope,
        )
        self._own = context
        self._processor = tracer.processor
        self._plain: dict[str, AttributeValue] = {}
        self._attributes = self._plain

    def begin(self, attributes: Mapping[str, AttributeValue], links: Sequence[Link], start_time: int | None) -> None:
        self._links = links
        self.set_attributes(attributes)
        self._start_time = start_time or time_ns()

    def get_span_context(self) -> SpanContext:
        return self._own

    def is_recording(self) -> bool:
        return self._end_time is None

    def end(self, end_time: int | None = None) -> None:
        if self._end_time is None:
            self._end_time = end_time or time_ns()
            self._processor.on_end(self)

    def set_attributes(self, attributes: Mapping[str, AttributeValue]) -> None:
        for name, value in attributes.items():
            self.set_attribute(name, value)

    def set_attribute(self, key: str, value: AttributeValue) -> None:
        if self._end_time is not None:
            return
        if key in _QUOTING:
            value = _REDACTED
        elif type(value) not in _SCALARS:
            value = BoundedAttributes(None, {key: value})[key]
        self._plain[key] = value

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        code = status.status_code if isinstance(status, Status) else status
        if code is not StatusCode.UNSET and self._status.status_code is not StatusCode.OK:
            self._status = _FAILED if code is StatusCode.ERROR else Status(code)

    def update_name(self, name: str) -> None:
        self._name = name

    def add_event(self, name: str, attributes: Attributes = None, timestamp: int | None = None) -> None:
        """Nothing: events are where exceptions are recorded, with their texts."""

    def record_exception(
        self,
        exception: BaseException,
        attributes: Attributes = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        """Nothing, as above."""
