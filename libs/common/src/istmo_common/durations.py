"""A histogram of durations that costs a few additions: it is put together when measures are sent.

The SDK's own took longer to note a request than it takes to make a span.
"""

import time
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import Exemplar
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricExportResult,
    MetricsData,
    ScopeMetrics,
)
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext
from opentelemetry.util.types import AttributeValue

__all__ = ["Durations", "MetricExport"]


@dataclass(slots=True)
class _Series:
    """What was noted under the same attributes since the process began."""

    attributes: Mapping[str, AttributeValue]
    counts: list[int]
    exemplars: dict[int, Exemplar] = field(default_factory=dict)
    total: float = 0.0
    least: float = float("inf")
    most: float = 0.0


class Durations:
    """A histogram in seconds, with the upper `bounds` of its buckets, by attributes of these `names`.

    One thread notes, another may read.
    """

    all: ClassVar[list["Durations"]] = []

    def __init__(self, scope: str, name: str, description: str, bounds: Sequence[float], names: Sequence[str]) -> None:
        self._scope = InstrumentationScope(scope)
        self._name, self._description, self._bounds, self._names = name, description, bounds, names
        self._began = time.time_ns()
        self._series: dict[tuple[AttributeValue | None, ...], _Series] = {}
        self.all.append(self)

    def note(self, seconds: float, values: tuple[AttributeValue | None, ...], span: SpanContext) -> None:
        """One duration, with the values of its attributes; None for one that it has not.

        The last sampled span of each bucket is its exemplar.
        """
        series = self._series.get(values)
        if series is None:
            stated = {name: value for name, value in zip(self._names, values, strict=True) if value is not None}
            series = self._series[values] = _Series(stated, [0] * (len(self._bounds) + 1))
        bucket = bisect_left(self._bounds, seconds)
        series.counts[bucket] += 1
        series.total += seconds
        series.least = min(series.least, seconds)
        series.most = max(series.most, seconds)
        if span.trace_flags.sampled:
            series.exemplars[bucket] = Exemplar({}, seconds, time.time_ns(), span.span_id, span.trace_id)

    def read(self) -> ScopeMetrics | None:
        """What was noted so far; None for nothing."""
        now = time.time_ns()
        points = [self._point(series, now) for series in list(self._series.values())]
        if not points:
            return None
        histogram = Histogram(points, AggregationTemporality.CUMULATIVE)
        return ScopeMetrics(self._scope, [Metric(self._name, self._description, "s", histogram)], "")

    def _point(self, series: _Series, now: int) -> HistogramDataPoint:
        counts, exemplars = tuple(series.counts), tuple(series.exemplars.values())
        return HistogramDataPoint(
            attributes=series.attributes,
            start_time_unix_nano=self._began,
            time_unix_nano=now,
            count=sum(counts),
            sum=series.total,
            bucket_counts=counts,
            explicit_bounds=self._bounds,
            min=series.least,
            max=series.most,
            exemplars=exemplars,
        )


class MetricExport(OTLPMetricExporter):
    """OTLP over HTTP, with all durations beside what the SDK measured."""

    def export(
        self, metrics_data: MetricsData, timeout_millis: float | None = 10_000, **options: Any
    ) -> MetricExportResult:
        """Send what was measured. What cannot be sent within the exporter's time is lost, and is in the next."""
        return super().export(_with_durations(metrics_data), timeout_millis, **options)


def _with_durations(measured: MetricsData) -> MetricsData:
    noted = [scope for durations in Durations.all if (scope := durations.read()) is not None]
    if not measured.resource_metrics:
        return measured
    first, *others = measured.resource_metrics
    return MetricsData([replace(first, scope_metrics=[*first.scope_metrics, *noted]), *others])
