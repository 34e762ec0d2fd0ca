"""Topics are what they were declared to be, or nothing starts."""

import asyncio

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from istmo_common.errors import BrokerUnavailable, TopicMismatch
from istmo_common.kafka.topics import TOPICS, Cleanup, TopicSpec, ensure_topics, log_answers, log_identity
from istmo_stack.kafka import LocalKafka
from istmo_stack.ports import free_port
from istmo_stack.testing import Broker


async def test_creates_every_topic_once(kafka: Broker, topic_prefix: str) -> None:
    """Whoever starts several services at once gets each topic once, with the partitions asked for."""
    starting = [ensure_topics(kafka.bootstrap_servers, topic_prefix, partitions=3) for _ in range(3)]
    await asyncio.gather(*starting)

    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await admin.start()
    try:
        found = await admin.describe_topics([topic_prefix + name for name in TOPICS])
    finally:
        await admin.close()
    assert {topic_prefix + name: 3 for name in TOPICS} == {t["topic"]: len(t["partitions"]) for t in found}


async def test_a_topic_that_would_lose_reports_is_refused_with_the_remedy(kafka: Broker, topic_prefix: str) -> None:
    """An operator whose topic forgets what must be kept for ever is told the command that sets it right."""
    compacted = TopicSpec("activities", Cleanup.COMPACT)
    await ensure_topics(kafka.bootstrap_servers, topic_prefix, specs=[compacted])

    with pytest.raises(TopicMismatch) as refused:
        await ensure_topics(kafka.bootstrap_servers, topic_prefix, specs=[TOPICS["activities"]])
    assert (
        f"kafka-configs.sh --alter --entity-type topics --entity-name {topic_prefix}activities "
        "--add-config cleanup.policy=delete"
    ) in str(refused.value)


async def test_a_topic_that_refuses_large_events_is_refused(kafka: Broker, topic_prefix: str) -> None:
    """An event of the size that partners may post is never turned away by the topic behind."""
    small = TopicSpec("activities", max_message_bytes=1000)
    await ensure_topics(kafka.bootstrap_servers, topic_prefix, specs=[small])

    with pytest.raises(TopicMismatch, match=r"max\.message\.bytes=2097152"):
        await ensure_topics(kafka.bootstrap_servers, topic_prefix, specs=[TOPICS["activities"]])


async def test_names_the_log(kafka: Broker) -> None:
    """Positions can say which log they are about: the same broker always gives the same id."""
    first = await log_identity(kafka.bootstrap_servers)
    assert (first, True) == (await log_identity(kafka.bootstrap_servers), len(first) > 10)


async def test_no_broker_is_said_plainly() -> None:
    """A wrong address is an error that names it, not a hang."""
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(BrokerUnavailable, match=address):
        await log_identity(address)


async def test_whether_the_log_answers_is_asked_anew(own_kafka: LocalKafka) -> None:
    """A service that nothing was sent to for a while still says that the log is away, and says so within 2 seconds."""
    assert await log_answers(own_kafka.bootstrap_servers) is True
    own_kafka.kill()
    try:
        async with asyncio.timeout(2):
            assert await log_answers(own_kafka.bootstrap_servers) is False
    finally:
        own_kafka.start()
        own_kafka.wait_healthy()
