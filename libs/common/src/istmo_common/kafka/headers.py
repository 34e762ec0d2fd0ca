"""W3C trace context on Kafka headers. (The attributes of an event, `ce_…`, are the envelope's own.)"""

import random
import re
from collections.abc import Iterable
from typing import Final

from opentelemetry.trace import SpanContext, TraceFlags

__all__ = ["TRACEPARENT", "new_traceparent", "parent_of", "trace_id_of", "traceparent_of", "with_traceparent"]

TRACEPARENT = "traceparent"

_STATED: Final = re.compile(r"[ \t]*([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:(-.*)|[ \t]*)")
_LONGEST: Final = 512


def new_traceparent() -> str:
    """A trace of its own that nobody samples: what it goes through can be followed all the same."""
    return f"00-{random.getrandbits(128) or 1:032x}-{random.getrandbits(64) or 1:016x}-00"


def trace_id_of(traceparent: str | None) -> str | None:
    """The id of the trace that a `traceparent` names, 32 hexadecimal digits; None for one that cannot be read."""
    found = _read(traceparent)
    return None if found is None else found[2]


def parent_of(traceparent: str | None) -> SpanContext | None:
    """The span that a `traceparent` names; None for none and for one that cannot be read, which never is an error."""
    found = _read(traceparent)
    if found is None:
        return None
    return SpanContext(int(found[2], 16), int(found[3], 16), is_remote=True, trace_flags=TraceFlags(int(found[4], 16)))


def _read(traceparent: str | None) -> re.Match[str] | None:
    """W3C Trace Context: version 00 ends with its flags, a later one may go on, and ff is none; zeros name nothing.

    OpenTelemetry's own propagator comes to the same, for five times the time.
    """
    if traceparent is None or len(traceparent) > _LONGEST:
        return None
    found = _STATED.fullmatch(traceparent)
    if found is None or found[1] == "ff" or (found[1] == "00" and found[5]):
        return None
    return found if found[2].strip("0") and found[3].strip("0") else None


def traceparent_of(context: SpanContext) -> str | None:
    """The `traceparent` that names a span; None for one that is not valid (telemetry is off)."""
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def with_traceparent(headers: Iterable[tuple[str, bytes]], traceparent: str | None) -> list[tuple[str, bytes]]:
    """The headers with this trace context in place of theirs; unchanged where there is none to set."""
    if traceparent is None:
        return list(headers)
    return [header for header in headers if header[0] != TRACEPARENT] + [(TRACEPARENT, traceparent.encode())]
