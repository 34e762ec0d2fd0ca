"""Every benchmark runs, in its smallest form: what nobody runs for months still works. Its figures say nothing."""

import pytest

from istmo_bench.chain import measure_chain
from istmo_bench.grounds import Grounds
from istmo_bench.posting import measure_posting
from istmo_bench.receiving import receiving
from istmo_bench.scale.measuring import Size, measure_size
from istmo_bench.streaming import measure_streaming
from istmo_bench.webhooks import measure_webhooks
from istmo_stack.testing import Broker, Server


@pytest.fixture
def grounds(kafka: Broker, postgres: Server, valkey: Server) -> Grounds:
    """The servers of the test run."""
    return Grounds(kafka.bootstrap_servers, postgres.url, valkey.url)


async def test_posting_is_measured(grounds: Grounds) -> None:
    """Whoever asks what a POST costs gets a figure for single ones and for batches, and each was in the log."""
    measures = await measure_posting(grounds, singles=20, batched=200, rounds=1)
    assert ["post-single", "post-single-cpu", "post-batch", "post-batch-cpu"] == [one.name for one in measures]
    assert all(one.ratio is not None and one.ratio > 0 for one in measures)


async def test_the_whole_way_is_measured(grounds: Grounds) -> None:
    """Whoever asks how soon a webhook tells of a report gets a figure, and each report was told of."""
    measures = await measure_chain(grounds, count=8, per_second=20, rounds=1)
    assert ["post-to-webhook-p50", "post-to-webhook-p99"] == [one.name for one in measures if one.unit == "ms"]


async def test_streaming_is_measured(grounds: Grounds) -> None:
    """Whoever asks what a stream costs gets a figure, and every reader got every event once."""
    measures = await measure_streaming(grounds, readers=4, views=2, events=20, rounds=1)
    assert ["sse"] == [one.name for one in measures]


async def test_webhooks_are_measured(grounds: Grounds) -> None:
    """Whoever asks what a webhook costs gets a figure, and every endpoint got every item once."""
    measures = await measure_webhooks(grounds, endpoints=2, items=3, rounds=1)
    assert ["webhooks"] == [one.name for one in measures]


@pytest.mark.timeout(300)
async def test_a_filled_registry_is_measured(grounds: Grounds) -> None:
    """Whoever asks what one more activity costs a registry of some size gets a figure, and each was resolved."""
    async with receiving() as collector:
        measures = await measure_size(grounds, collector.url, Size(200, more=40, alone=10, warming=5), processes=1)
    found = {one.name: one for one in measures}
    assert measures[0].name == "200-whole-cpu"
    assert found["200-drained"].value > 0
    assert found["200-blocking-recall"].value > 0.9
    assert found["200-activities-rows"].value >= 255
