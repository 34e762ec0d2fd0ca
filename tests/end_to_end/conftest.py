"""One platform for all tests that only use it, as its user starts it, and a collector that keeps its traces."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from istmo_support.listener import Listener
from istmo_support.platform import Platform


@pytest.fixture(scope="session")
def collector() -> Iterator[Listener]:
    """What the platform's processes send by OTLP."""
    with Listener() as listener:
        yield listener


@pytest.fixture(scope="session")
def platform(stack_directory: Path, collector: Listener) -> Iterator[Platform]:
    """A running platform with traces on; a span is sent at most 0.2 s after its end."""
    running = Platform.up(
        stack_directory / "platform",
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_BSP_SCHEDULE_DELAY="200",
        OTEL_METRIC_EXPORT_INTERVAL="1000",
    )
    try:
        yield running
    finally:
        running.down()
