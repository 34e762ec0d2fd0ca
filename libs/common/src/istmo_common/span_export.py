"""Spans on their way out: what many of them have in common is encoded once.

The library takes twice as long to encode a span as it takes to make one. Two encoded messages of Protocol Buffers, one
behind the other, are one message with the fields of both: so the library encodes names, attributes and status, and
only ids and times are put behind them here.
"""

from collections.abc import Sequence
from typing import Any, Final

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans as encode_by_library
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult

__all__ = ["SpanExport", "encode_spans"]

_PLAIN: Final = frozenset({str, int, bool})
_MOST_KNOWN: Final = 1000
_known: dict[tuple[Any, ...], bytes] = {}


class SpanExport(OTLPSpanExporter):
    """OTLP over HTTP."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them. What cannot be sent within the exporter's time is lost."""
        return (
            SpanExportResult.SUCCESS if self._client.export(encode_spans(spans)).success else SpanExportResult.FAILURE
        )


def encode_spans(spans: Sequence[ReadableSpan]) -> bytes:
    """An ExportTraceServiceRequest of spans that have ended; of one resource, as those of a process are."""
    scopes: dict[int, list[ReadableSpan]] = {}
    for span in spans:
        scopes.setdefault(id(span.instrumentation_scope), []).append(span)
    return b"".join(_field(1, _encode_scope(together)) for together in scopes.values())


def _encode_scope(spans: Sequence[ReadableSpan]) -> bytes:
    """ResourceSpans with what one scope did."""
    around = encode_by_library(spans[:1]).resource_spans[0]
    (scope,) = around.scope_spans
    del scope.spans[:]
    within = scope.SerializeToString() + b"".join([_field(2, _encode(span)) for span in spans])
    del around.scope_spans[:]
    encoded: bytes = around.SerializeToString() + _field(2, within)
    return encoded


def _encode(span: ReadableSpan) -> bytes:
    context, parent, attributes = span.get_span_context(), span.parent, span.attributes or {}
    values = tuple(attributes.values())
    kinds = tuple(map(type, values))
    if context is None or context.trace_state or span.links or span.events or not _PLAIN.issuperset(kinds):
        return _by_library(span)
    remote = parent is not None and parent.is_remote
    # Of which types they are, since 1 and True are equal and not the same attribute.
    key = (span.name, span.kind, span.status.status_code, remote, tuple(attributes), values, kinds)
    common = _known.get(key)
    if common is None:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        common = _known[key] = _by_library(span, own=False)
    ids = b"\x0a\x10" + context.trace_id.to_bytes(16, "big") + b"\x12\x08" + context.span_id.to_bytes(8, "big")
    if parent is not None:
        ids += b"\x22\x08" + parent.span_id.to_bytes(8, "big")
    began, ended = span.start_time or 0, span.end_time or 0
    return common + ids + b"\x39" + began.to_bytes(8, "little") + b"\x41" + ended.to_bytes(8, "little")


def _by_library(span: ReadableSpan, *, own: bool = True) -> bytes:
    """The whole span, or what it may have in common with others: without its `own` ids and times."""
    message = encode_by_library([span]).resource_spans[0].scope_spans[0].spans[0]
    for name in () if own else ("trace_id", "span_id", "parent_span_id", "start_time_unix_nano", "end_time_unix_nano"):
        message.ClearField(name)
    encoded: bytes = message.SerializeToString()
    return encoded


def _field(number: int, encoded: bytes) -> bytes:
    """A field that holds a message: its number and wire type, the length as a varint, and the message."""
    head, length = [number << 3 | 2], len(encoded)
    while length > 0x7F:
        head.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes((*head, length)) + encoded
