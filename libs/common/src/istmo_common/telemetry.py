"""OpenTelemetry for a process: traces, metrics and logs by OTLP over HTTP, only where an endpoint is set.

What leaves is read by operations staff, who are no readers of reports. So spans carry no events and no error texts
(an exception's text may quote a report), requests are named by their route and neither by path nor query, and a
`Marked` value raises `DisclosureError` when it is set as an attribute, since the SDK asks it for its text.
"""

import os
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from fastapi.telemetry import TelemetryConfig
from opentelemetry import _logs, metrics, trace
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

from istmo_common.durations import MetricExport
from istmo_common.plain_spans import PlainTracerProvider
from istmo_common.span_export import SpanExport

__all__ = ["ENDPOINT", "create_app_telemetry", "make_tracer_provider", "telemetry"]

ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"

_PROBES: Final = frozenset({"/healthz", "/readyz"})
# An exporter that finds no collector tries again this long at most; it runs beside the work, and once more at the end.
_EXPORT_SECONDS: Final = 2.0
_END_MILLISECONDS: Final = 3000


@contextmanager
def telemetry(service: str) -> Iterator[None]:
    """Send what the block does to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names, as `service`.

    Without an endpoint this does nothing, and costs nothing. With one that is away, what does not fit the queues is
    dropped and the work goes on. On leaving, what is left is sent (3 seconds at most). The standard
    variables OTEL_BSP_SCHEDULE_DELAY, OTEL_TRACES_SAMPLER and OTEL_RESOURCE_ATTRIBUTES hold. Once per process.
    """
    if not os.environ.get(ENDPOINT):
        yield
        return
    # Several processes of one service measure side by side: each is an instance.
    resource = Resource.create({SERVICE_NAME: service, SERVICE_INSTANCE_ID: secrets.token_hex(16)})
    tracers = make_tracer_provider(SpanExport(timeout=_EXPORT_SECONDS), resource)
    reader = PeriodicExportingMetricReader(MetricExport(timeout=_EXPORT_SECONDS))
    meters = MeterProvider([reader], resource, shutdown_on_exit=False)
    loggers = LoggerProvider(resource, shutdown_on_exit=False)
    loggers.add_log_record_processor(_LogBatches(OTLPLogExporter(timeout=_EXPORT_SECONDS)))
    trace.set_tracer_provider(tracers)
    metrics.set_meter_provider(meters)
    _logs.set_logger_provider(loggers)
    try:
        yield
    finally:
        with ThreadPoolExecutor() as ending:
            # At the same time: with the collector away, each takes as long as it may.
            ends = [ending.submit(tracers.shutdown), ending.submit(meters.shutdown, _END_MILLISECONDS)]
            ends.append(ending.submit(loggers.shutdown))
        for end in ends:
            end.result()


def make_tracer_provider(exporter: SpanExporter, resource: Resource | None = None) -> TracerProvider:
    """A provider of plain spans, which go to `exporter` from a thread of its own."""
    return PlainTracerProvider(_Batches(exporter), resource)


def create_app_telemetry() -> TelemetryConfig:
    """The `telemetry` of a FastAPI application: one span and the metrics of each request, but for the probes.

    No logs: those copy exceptions with their texts. Plain spans have neither paths nor queries.
    """
    return TelemetryConfig(
        tracing=True,
        metrics=True,
        logs=False,
        operation_spans=False,
        auto_configure=False,
        exclude=lambda scope: scope.get("path") in _PROBES,
    )


class _Batches(BatchSpanProcessor):
    def shutdown(self) -> None:
        # The SDK waits 30 seconds for a collector that is away.
        self._batch_processor.shutdown(_END_MILLISECONDS)


class _LogBatches(BatchLogRecordProcessor):
    def shutdown(self) -> None:
        self._batch_processor.shutdown(_END_MILLISECONDS)
