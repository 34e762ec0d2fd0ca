"""The span and the measures of requests to one route: the same as FastAPI's own, for a third of their cost."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from opentelemetry import context, metrics, trace
from opentelemetry.semconv.attributes import http_attributes as http
from opentelemetry.semconv.attributes import network_attributes as network
from opentelemetry.semconv.attributes import server_attributes as server
from opentelemetry.semconv.attributes import url_attributes as url
from opentelemetry.semconv.attributes.error_attributes import ERROR_TYPE
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.util.types import AttributeValue
from starlette.types import Scope

from istmo_common.kafka.headers import TRACEPARENT, parent_of

__all__ = ["Observed", "RequestTelemetry"]

# As the semantic conventions advise for requests.
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
_TRACEPARENT: Final = TRACEPARENT.encode()
_FAULT_OF_SERVER: Final = 500

_tracer = trace.get_tracer("istmo_common.requests")
_meter = metrics.get_meter("istmo_common.requests")
_duration = _meter.create_histogram(
    "http.server.request.duration",
    "s",
    "Duration of HTTP server requests.",
    explicit_bucket_boundaries_advisory=_SECONDS,
)
_active = _meter.create_up_down_counter("http.server.active_requests", "{request}", "Requests that are being answered.")


@dataclass(slots=True)
class Observed:
    """What came of a request: its status code, once there is an answer."""

    status: int | None = None


class RequestTelemetry:
    """Observes requests with `method` to `route`, an address without parameters, so that it is the path as well."""

    def __init__(self, method: str, route: str) -> None:
        self._name = f"{method} {route}"
        self._route: dict[str, AttributeValue] = {url.URL_SCHEME: "http", http.HTTP_REQUEST_METHOD: method}
        self._active = dict(self._route)
        self._route[http.HTTP_ROUTE] = route

    @contextmanager
    def observe(self, scope: Scope) -> Iterator[Observed]:
        """A SERVER span around the block, current in it, in the trace that the request names."""
        observed = Observed()
        began = time.perf_counter()
        _active.add(1, self._active)
        span = self._start(scope)
        token = context.attach(trace.set_span_in_context(span))
        error: BaseException | None = None
        try:
            yield observed
        except BaseException as caught:
            error = caught
            raise
        finally:
            attributes = self._route | _outcome(observed, error)
            if ERROR_TYPE in attributes:
                span.set_status(StatusCode.ERROR)
            span.set_attributes(attributes)
            # While the span is current, so that exemplars can name it.
            _duration.record(time.perf_counter() - began, attributes)
            _active.add(-1, self._active)
            span.end()
            context.detach(token)

    def _start(self, scope: Scope) -> Span:
        stated = next((value for name, value in scope["headers"] if name == _TRACEPARENT), None)
        parent = None if stated is None else parent_of(stated.decode("latin-1"))
        host, port = scope.get("server") or (None, None)
        attributes: dict[str, AttributeValue] = {network.NETWORK_PROTOCOL_VERSION: scope["http_version"]}
        if host is not None:
            attributes[server.SERVER_ADDRESS] = host
        if port is not None:
            attributes[server.SERVER_PORT] = port
        return _tracer.start_span(
            self._name,
            context=None if parent is None else trace.set_span_in_context(trace.NonRecordingSpan(parent)),
            kind=SpanKind.SERVER,
            attributes=attributes,
        )


def _outcome(observed: Observed, error: BaseException | None) -> dict[str, AttributeValue]:
    outcome: dict[str, AttributeValue] = {}
    if observed.status is not None:
        outcome[http.HTTP_RESPONSE_STATUS_CODE] = observed.status
    if error is not None:
        outcome[ERROR_TYPE] = type(error).__qualname__
    elif observed.status is None or observed.status >= _FAULT_OF_SERVER:
        outcome[ERROR_TYPE] = str(observed.status)
    return outcome
