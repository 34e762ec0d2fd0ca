"""Logs: one JSON object per line on standard error, and beside it by OTLP where telemetry is on.

A log is read by operations staff, who are no readers of reports. A `Marked` value makes the call that logs it fail;
of an exception there is its type and the places it came through, and its text only where it is one of our own errors,
whose texts never repeat a report.
"""

import contextlib
import json
import logging
import sys
import traceback
from datetime import date
from pathlib import Path
from typing import Any, Final, TextIO

import stamina
import structlog
from opentelemetry import trace
from opentelemetry._logs import SeverityNumber, get_logger_provider
from opentelemetry.sdk._logs import LoggerProvider
from stamina.instrumentation import RetryDetails, set_on_retry_hooks
from structlog.typing import EventDict, Processor, WrappedLogger

from istmo_common.disclosure import refuse_marked
from istmo_common.errors import IstmoError

__all__ = ["configure_logging", "describe_exception"]

_MAX_FRAMES: Final = 12
_SEVERITIES: Final = {
    "debug": SeverityNumber.DEBUG,
    "info": SeverityNumber.INFO,
    "warning": SeverityNumber.WARN,
    "error": SeverityNumber.ERROR,
    "critical": SeverityNumber.FATAL,
}
# Libraries that say again and again what our own records say once, or that write requests down whole.
_QUIET: Final = {
    "aiokafka": logging.CRITICAL,
    "opentelemetry": logging.ERROR,
    "psycopg.pool": logging.ERROR,
    "uvicorn.access": logging.CRITICAL,
    "httpx": logging.WARNING,
}


def configure_logging(service: str, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send what structlog and the standard library log, from `level` on, to `stream` (standard error by default).

    Once, in a process's main. Records carry `service`, and the ids of the current trace and span.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _refuse_marked,
        _add_trace,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = _Handler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_first_line, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _describe_exceptions,
                _Stamp(service),
                _export,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=_refuse_unknown),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name, threshold in _QUIET.items():
        logging.getLogger(name).setLevel(max(level, threshold))
    set_on_retry_hooks([_log_retry])


def describe_exception(error: BaseException) -> dict[str, Any]:
    """An exception without its text: its type, the places it came through (the last 12), and its cause likewise."""
    frames = traceback.extract_tb(error.__traceback__)[-_MAX_FRAMES:]
    described: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(error, IstmoError):
        described["text"] = str(error)
    if (sqlstate := getattr(error, "sqlstate", None)) is not None:
        described["sqlstate"] = sqlstate
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        described["cause"] = describe_exception(cause)
    return described


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the standard library's name
        """Say that a record could not be written; the library's own message would write its arguments down."""
        error = sys.exc_info()[1]
        lost = {"event": "a log record could not be written", "logger": record.name, "error": type(error).__qualname__}
        with contextlib.suppress(OSError, ValueError):
            self.stream.write(json.dumps(lost) + "\n")


def _refuse_marked(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    refuse_marked(dict(event))
    return event


def _add_trace(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
        event["span_id"] = f"{context.span_id:016x}"
    return event


def _first_line(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    # asyncio writes the failed task down below its message, with the text of the error; in callbacks, beside it.
    line = str(event.get("event", "")).partition("\n")[0]
    event["event"] = line.partition("(")[0] if event["_record"].name == "asyncio" else line
    return event


def _describe_exceptions(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        event["exception"] = describe_exception(error)
    return event


class _Stamp:
    def __init__(self, service: str) -> None:
        self._service = service

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"] = self._service
        return event


def _export(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    provider = get_logger_provider()
    # What the exporter says of itself would be sent by it, and so on for ever.
    if isinstance(provider, LoggerProvider) and not str(event.get("logger", "")).startswith("opentelemetry"):
        known = {"event", "level", "timestamp"}
        provider.get_logger("istmo_common.logs").emit(
            body=str(event.get("event", "")),
            severity_text=str(event.get("level", "info")).upper(),
            severity_number=_SEVERITIES.get(str(event.get("level")), SeverityNumber.INFO),
            attributes={name: value for name, value in event.items() if name not in known},
        )
    return event


def _refuse_unknown(value: object) -> str:
    # repr of a value from a report would write it down; of a Marked it says nothing.
    refuse_marked(value)
    if isinstance(value, date | Path):
        return str(value)
    return f"<{type(value).__qualname__}>"


def _log_retry(details: RetryDetails) -> None:
    structlog.get_logger(stamina.__name__).warning(
        "tried again", what=details.name, attempt=details.retry_num, error=type(details.caused_by).__qualname__
    )
