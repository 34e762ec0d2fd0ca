"""A route that is answered directly answers, traces and measures as the framework would."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from istmo_common import request_telemetry
from istmo_common.direct_routes import DirectApplication
from istmo_common.problem_handlers import install_problem_handlers
from istmo_common.problems import Problem
from istmo_common.telemetry import create_app_telemetry, make_tracer_provider

_TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def _answer(request: Request) -> Response:
    match (await request.body()).decode():
        case "refuse":
            raise Problem("too-large")
        case "break":
            raise ValueError("canary-7391")
        case "away":
            raise Problem("unavailable", retry_after_seconds=2)
        case text:
            return JSONResponse({"read": text}, status_code=202)


class _World:
    """One application; `ask` posts to it by either way and gives what came back, span and measures included."""

    def __init__(self, exporter: InMemorySpanExporter, tracers: TracerProvider, reader: InMemoryMetricReader) -> None:
        self._exporter, self._tracers, self._reader = exporter, tracers, reader
        meters = MeterProvider([reader], shutdown_on_exit=False)
        given: Any = {"tracer_provider": tracers, "meter_provider": meters}
        self.app = DirectApplication(telemetry=create_app_telemetry() | given)
        self.app.post("/v1/things", status_code=202)(_answer)
        self.app.answer_directly("POST", "/v1/things", _answer)
        install_problem_handlers(self.app)

    async def ask(self, way: Any, body: str) -> tuple[Any, ...]:
        self._exporter.clear()
        transport = httpx.ASGITransport(way)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8701") as client:
            headers = {"traceparent": _TRACE, "accept-language": "es"}
            answer = await client.post("/v1/things", content=body, headers=headers)
        self._tracers.force_flush()
        (span,) = self._exporter.get_finished_spans()
        assert span.parent is not None
        attributes = dict(span.attributes or {})
        attributes.pop("url.path", None)
        told = (answer.status_code, answer.headers.items(), answer.content)
        return *told, span.name, span.kind, span.status.status_code, f"{span.parent.span_id:016x}", attributes

    def measured(self) -> dict[str, list[dict[str, Any]]]:
        data = self._reader.get_metrics_data()
        assert data is not None
        metrics = [m for r in data.resource_metrics for s in r.scope_metrics for m in s.metrics]
        return {m.name: [dict(point.attributes or {}) for point in m.data.data_points] for m in metrics}


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[_World]:
    """An application whose telemetry is kept here, whichever way a request takes."""
    exporter = InMemorySpanExporter()
    tracers = make_tracer_provider(exporter)
    monkeypatch.setattr(request_telemetry, "_tracer", tracers.get_tracer("test"))
    yield _World(exporter, tracers, InMemoryMetricReader())
    tracers.shutdown()


@pytest.mark.parametrize("body", ["Patrullas", "refuse", "away", "break"])
async def test_both_ways_answer_and_trace_alike(world: _World, body: str) -> None:
    """A partner gets one answer, and operations one span, whether a request was answered directly or not."""

    async def the_frameworks(scope: Any, receive: Any, send: Any) -> None:
        await FastAPI.__call__(world.app, scope, receive, send)

    by_framework, direct = await world.ask(the_frameworks, body), await world.ask(world.app, body)

    assert by_framework == direct
    assert {"Patrullas": 202, "refuse": 413, "away": 503, "break": 500}[body] == direct[0]
    assert b"canary" not in direct[2]


async def test_what_is_near_goes_the_frameworks_way(world: _World) -> None:
    """Another method at the same address, and another address, are answered as everywhere."""
    transport = httpx.ASGITransport(world.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        near = [await client.get("/v1/things"), await client.post("/v1/thing"), await client.post("/v1/things/")]

    assert [405, 404] == [answer.status_code for answer in near[:2]]
    assert "POST" == near[0].headers["allow"]
    assert near[2].status_code in {307, 404}
