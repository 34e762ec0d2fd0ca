"""The producer on a real broker: what was acknowledged is in the log, what was not is said to be so."""

import time
from collections.abc import Callable

from aiokafka import AIOKafkaConsumer

from istmo_common.errors import EventTooLarge
from istmo_common.events.envelope import CloudEvent
from istmo_common.kafka.producer import Acknowledged, LogProducer, Outgoing, ProducerConfig
from istmo_common.kafka.topics import MAX_EVENT_BYTES
from istmo_common.kafka.transport import TransportConfig
from istmo_stack.ports import free_port
from istmo_stack.testing import Broker


async def _read(kafka: Broker, topic: str, count: int) -> list[tuple[bytes, bytes | None, dict[str, bytes]]]:
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=kafka.bootstrap_servers,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 * MAX_EVENT_BYTES,
    )
    await consumer.start()
    try:
        records = [await consumer.getone() for _ in range(count)]
    finally:
        await consumer.stop()
    return [(record.key, record.value, dict(record.headers)) for record in records]


async def test_what_is_acknowledged_can_be_read(
    kafka: Broker, topics: str, producer: LogProducer, make_event: Callable[..., CloudEvent]
) -> None:
    """An acknowledged event stands in the log with its attributes, where the acknowledgement says."""
    event = make_event("e1", data=b'{"title":"Patrullas"}')
    first = await producer.send("activities", b"k", event)
    second = await producer.send("activities", b"k", make_event("e2"))

    assert (first.partition, first.offset + 1) == (second.partition, second.offset)
    key, value, headers = (await _read(kafka, topics + "activities", 1))[0]
    assert (b"k", b'{"title":"Patrullas"}', b"e1") == (key, value, headers["ce_id"])
    assert event == CloudEvent.from_headers(headers.items(), value)


async def test_the_largest_event_fits_and_a_larger_is_refused_for_good(
    kafka: Broker, topics: str, producer: LogProducer, make_event: Callable[..., CloudEvent]
) -> None:
    """An event of 1 MiB goes through; one beyond the topic's limit is refused before it can stop those behind it."""
    outcomes = await producer.send_many(
        [
            Outgoing.of("activities", b"k", make_event("fits", data=b"x" * MAX_EVENT_BYTES)),
            Outgoing.of("activities", b"k", make_event("too large", data=b"x" * (2 * MAX_EVENT_BYTES))),
            Outgoing.of("activities", b"k", make_event("after")),
        ]
    )

    assert [Acknowledged, EventTooLarge, Acknowledged] == [type(outcome) for outcome in outcomes]
    assert [b"fits", b"after"] == [headers["ce_id"] for *_, headers in await _read(kafka, topics + "activities", 2)]


async def test_a_batch_keeps_the_order_of_a_key(
    kafka: Broker, topics: str, producer: LogProducer, make_event: Callable[..., CloudEvent]
) -> None:
    """Events of one key are read in the order in which they were sent, however many."""
    sent = [Outgoing.of("activities", b"k", make_event(str(number))) for number in range(2000)]
    outcomes = await producer.send_many(sent)

    assert all(isinstance(outcome, Acknowledged) for outcome in outcomes)
    read = await _read(kafka, topics + "activities", 2000)
    assert [str(number).encode() for number in range(2000)] == [headers["ce_id"] for *_, headers in read]


async def test_a_tombstone_is_a_key_without_value(kafka: Broker, topics: str, producer: LogProducer) -> None:
    """What is gone from a compacted topic is said to be gone."""
    await producer.send("programmes", b"p-1", None)
    assert [(b"p-1", None, {})] == await _read(kafka, topics + "programmes", 1)


async def test_without_a_broker_the_refusal_is_quick() -> None:
    """A client hears at once, not after a timeout, that the log is away; and the service itself starts all the same."""
    config = ProducerConfig(TransportConfig(f"127.0.0.1:{free_port()}"))
    async with LogProducer(config) as producer:
        started = time.monotonic()
        outcome = (await producer.send_many([Outgoing("activities", b"k", b"{}")]))[0]
        assert ("BrokerUnavailable", False) == (type(outcome).__name__, producer.available)
        assert time.monotonic() - started < 0.1
