"""Spans as an OTLP/HTTP collector receives them, and the tree of one trace."""

import gzip
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as ProtoSpan

from istmo_support.listener import Received

__all__ = ["Span", "plain", "spans_in", "tree"]


class Span(NamedTuple):
    """One finished span; ids are hexadecimal digits, `links` are (trace, span)."""

    trace: str
    id: str
    parent: str
    service: str
    name: str
    kind: str
    links: tuple[tuple[str, str], ...]


def spans_in(received: Iterable[Received]) -> list[Span]:
    """All spans in the POSTs that a collector got."""
    found = []
    for request in received:
        if request.path == "/v1/traces":
            found += _spans(ExportTraceServiceRequest.FromString(plain(request)))
    return found


def plain(request: Received) -> bytes:
    """The body of a POST as it was before it was compressed."""
    compressed = request.headers.get("content-encoding") == "gzip"
    return gzip.decompress(request.body) if compressed else request.body


def _spans(request: ExportTraceServiceRequest) -> list[Span]:
    found = []
    for resource in request.resource_spans:
        names = [pair.value.string_value for pair in resource.resource.attributes if pair.key == "service.name"]
        for scope in resource.scope_spans:
            found += [_span(span, names[0] if names else "") for span in scope.spans]
    return found


def _span(span: ProtoSpan, service: str) -> Span:
    return Span(
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        service=service,
        name=span.name,
        kind=ProtoSpan.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        links=tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
    )


def tree(spans: Iterable[Span], root: str) -> str:
    """The spans below the span id `root` as indented lines, `service: name (KIND)`, in the order of the lines.

    Siblings of one name are one line, with the children of all: how many records travel in a batch is chance.
    """
    children: dict[str, list[Span]] = defaultdict(list)
    for span in spans:
        children[span.parent].append(span)

    def lines(parents: Iterable[str], depth: int) -> list[str]:
        named: dict[str, list[str]] = defaultdict(list)
        for parent in parents:
            for span in children[parent]:
                named[f"{'  ' * depth}{span.service}: {span.name} ({span.kind})"].append(span.id)
        return [line for name in sorted(named) for line in (name, *lines(named[name], depth + 1))]

    return "\n".join(lines([root], 0))
