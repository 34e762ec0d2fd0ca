"""Durations are told as OpenTelemetry's own histogram would tell them."""

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricsData, ResourceMetrics, ScopeMetrics
from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import INVALID_SPAN_CONTEXT, SpanContext, TraceFlags

from istmo_common.durations import Durations

_BOUNDS = (0.01, 0.1, 1)
_SPAN = SpanContext(7, 8, False, TraceFlags(1))


@pytest.fixture
def durations() -> Iterator[Durations]:
    """Durations that no other test sends."""
    yield Durations("test", "took", "What it took", _BOUNDS, ("status", "error"))
    Durations.all.pop()


def _points(scope: ScopeMetrics) -> list[dict[str, Any]]:
    told = ("attributes", "count", "sum", "bucket_counts", "explicit_bounds", "min", "max")
    return [
        {name: getattr(point, name) for name in told} for metric in scope.metrics for point in metric.data.data_points
    ]


def test_a_histogram_is_the_librarys(durations: Durations) -> None:
    """Whoever watches how long requests take sees the same buckets and sums, for each outcome by itself."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    own = provider.get_meter("test").create_histogram("took", "s", explicit_bucket_boundaries_advisory=_BOUNDS)
    for seconds in (0.0, 0.01, 0.011, 0.5, 2.0, 30.0):
        for status, error in ((202, None), (500, "ValueError")):
            durations.note(seconds, (status, error), INVALID_SPAN_CONTEXT)
            own.record(seconds, {"status": status} | ({} if error is None else {"error": error}))
    read, measured = durations.read(), reader.get_metrics_data()
    provider.shutdown()

    assert read is not None
    assert measured is not None
    assert _points(measured.resource_metrics[0].scope_metrics[0]) == _points(read)


def test_a_bucket_names_a_request_that_fell_into_it(durations: Durations) -> None:
    """From a slow bucket one gets to the trace of a slow request."""
    durations.note(0.5, (202, None), _SPAN)
    durations.note(0.001, (202, None), INVALID_SPAN_CONTEXT)
    read = durations.read()

    assert read is not None
    sent = encode_metrics(MetricsData([ResourceMetrics(Resource({}), [read], "")]))
    (point,) = sent.resource_metrics[0].scope_metrics[0].metrics[0].histogram.data_points
    assert [(0.5, (8).to_bytes(8))] == [(exemplar.as_double, exemplar.span_id) for exemplar in point.exemplars]


def test_nothing_is_told_of_what_never_happened(durations: Durations) -> None:
    """A process that answered nothing yet sends no empty histogram."""
    assert durations.read() is None
