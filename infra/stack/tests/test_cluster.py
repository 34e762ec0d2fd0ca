"""Three brokers that keep one log."""

import asyncio
from pathlib import Path

import pytest

from istmo_common.events.envelope import CloudEvent
from istmo_common.kafka.producer import Acknowledged, LogProducer, Outgoing, ProducerConfig
from istmo_common.kafka.topics import TOPICS, ensure_topics
from istmo_common.kafka.transport import TransportConfig
from istmo_stack.cluster import LocalCluster


@pytest.mark.stack
async def test_one_of_three_brokers_may_be_lost(tmp_path: Path) -> None:
    """With three brokers reports are acknowledged while one is away, whichever it is."""
    cluster = LocalCluster.of(tmp_path)
    try:
        await asyncio.to_thread(cluster.start)
        await asyncio.to_thread(cluster.wait_healthy)
        servers = cluster.bootstrap_servers
        await ensure_topics(servers, replication_factor=3, specs=[TOPICS["activities"]])
        config = ProducerConfig(TransportConfig(servers), deadline_seconds=20, unresponsive_after_seconds=20)
        async with LogProducer(config) as producer:
            await asyncio.to_thread(cluster.brokers[1].kill)
            events = [
                CloudEvent(id=str(n), source="/tests", type="t", data=b"{}", recorded_time="2026-01-01T00:00:00Z")
                for n in range(40)
            ]
            outcomes = await producer.send_many(
                [Outgoing.of("activities", event.id.encode(), event) for event in events]
            )
        assert [Acknowledged] * 40 == [type(outcome) for outcome in outcomes]
    finally:
        await asyncio.to_thread(cluster.kill)
