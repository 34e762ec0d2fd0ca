"""Spans of the stages behind fold: they go on with the trace of what was claimed first, and link to the others."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from opentelemetry import trace
from opentelemetry.trace import Link, NonRecordingSpan, Span, StatusCode

from istmo_common.kafka.headers import parent_of, traceparent_of
from istmo_registry.stages.claims import Claim

__all__ = ["continued", "traced_claim"]

_MAX_LINKS: Final = 128
_tracer = trace.get_tracer("istmo_registry.stages")


@contextmanager
def traced_claim(name: str) -> Iterator[Claim]:
    """A claim whose round is a span `name`, from when its rows are known to the end of the block."""
    spans: list[Span] = []

    def begin(claim: Claim) -> None:
        origins = [origin for text in claim.traces if (origin := parent_of(text)) is not None]
        span = _tracer.start_span(
            name,
            context=trace.set_span_in_context(NonRecordingSpan(origins[0])) if origins else None,
            links=[Link(origin) for origin in origins[1:_MAX_LINKS]],
            attributes={"istmo.activities": len(claim.activities)},
        )
        claim.current = traceparent_of(span.get_span_context())
        spans.append(span)

    try:
        yield Claim(begin)
    except BaseException as error:
        for span in spans:
            # The error's type alone: its text may quote a report.
            span.set_attribute("error.type", type(error).__qualname__)
            span.set_status(StatusCode.ERROR)
        raise
    finally:
        for span in spans:
            span.end()


def continued(traceparent: str | None) -> str | None:
    """The trace to go on with: by way of the current span if that belongs to the same trace, else as it came."""
    here = trace.get_current_span().get_span_context()
    origin = parent_of(traceparent)
    if here.is_valid and (origin is None or origin.trace_id == here.trace_id):
        return traceparent_of(here)
    return traceparent
