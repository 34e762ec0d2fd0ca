"""One connection of aiokafka's producer: how it is opened, and how it is let go of when it can no longer be trusted."""

import asyncio
import contextlib
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, ProducerClosed

from istmo_common.errors import BrokerUnavailable
from istmo_common.events.envelope import Headers
from istmo_common.kafka.partitioning import partition_of

__all__ = ["KafkaTransport", "Message", "Transport", "TransportConfig"]

# Framing of a record and of the batch around it, rounded up.
_FRAME_BYTES: Final = 256
_LARGEST_REQUEST_BYTES: Final = 9 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Message:
    """What is written as one record. `topic` carries its prefix; `value` None is a tombstone."""

    topic: str
    key: bytes
    value: bytes | None
    headers: Headers = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes on the wire, rounded up."""
        size = _FRAME_BYTES + len(self.key) + len(self.value or b"")
        for name, text in self.headers:
            size += len(name) + len(text) + 8
        return size


@dataclass(frozen=True, slots=True)
class TransportConfig:
    """How to connect. `compression` is None, gzip, lz4, snappy or zstd.

    A request that gets no answer within `request_timeout_seconds` goes out again on a new connection.
    """

    bootstrap_servers: str
    client_id: str = "istmo"
    linger_ms: int = 0
    compression: str | None = None
    batch_bytes: int = 256 * 1024
    request_timeout_seconds: float = 5.0
    open_timeout_seconds: float = 3.0


class Transport(Protocol):
    """What a producer needs of a connection; tests put a small one of their own in its place."""

    async def append(self, message: Message) -> "asyncio.Future[Any]":
        """Queue a message. The future gives an object with `partition` and `offset` once it is acknowledged.

        Cancelling `append` itself keeps the message from being sent; after it has returned nothing does.
        """

    async def close(self, grace_seconds: float) -> None:
        """Send what is queued, but for no longer than `grace_seconds`; then let go of everything."""


class KafkaTransport:
    """An idempotent producer (`acks=all`) of aiokafka, connected."""

    def __init__(self, producer: Any) -> None:
        self._producer = producer

    @classmethod
    async def open(cls, config: TransportConfig, topics: Collection[str]) -> Self:
        """Connect, get a producer id, and see that every partition of `topics` has a leader that can be written to.

        Raises `BrokerUnavailable` if this takes longer than `open_timeout_seconds`.
        """
        producer = AIOKafkaProducer(
            bootstrap_servers=config.bootstrap_servers,
            client_id=config.client_id,
            enable_idempotence=True,
            acks="all",
            linger_ms=config.linger_ms,
            compression_type=config.compression,
            max_batch_size=config.batch_bytes,
            max_request_size=_LARGEST_REQUEST_BYTES,
            request_timeout_ms=int(config.request_timeout_seconds * 1000),
            retry_backoff_ms=50,
            partitioner=partition_of,
        )
        transport = cls(producer)
        try:
            async with asyncio.timeout(config.open_timeout_seconds):
                await producer.start()
                for topic in topics:
                    await transport._see_leaders(topic)
        except (KafkaError, OSError, TimeoutError) as error:
            await transport.close(grace_seconds=0)
            raise BrokerUnavailable(f"no broker at {config.bootstrap_servers} takes records: {error!r}") from error
        except BaseException:
            await transport.close(grace_seconds=0)
            raise
        return transport

    async def append(self, message: Message) -> "asyncio.Future[Any]":
        """See `Transport.append`. Raises aiokafka's KafkaError."""
        future: asyncio.Future[Any] = await self._producer.send(
            message.topic, message.value, message.key, headers=message.headers
        )
        return future

    async def close(self, grace_seconds: float) -> None:
        """See `Transport.close`. What is still queued after the grace fails, and its fate is unknown."""
        if grace_seconds > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(grace_seconds):
                    await self._producer.flush()
        self._abandon()
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            async with asyncio.timeout(15):
                await self._producer.stop()

    def _abandon(self) -> None:
        # An idempotent producer never gives up a batch, and `stop` waits for all of them: without this, a producer
        # whose broker is away could never be closed. aiokafka has no public way of letting go.
        accumulator = self._producer._message_accumulator
        accumulator.fail_all(ProducerClosed())
        accumulator.reenqueue = lambda _batch: None
        for connection in list(self._producer.client._conns.values()):
            connection.close()

    async def _see_leaders(self, topic: str) -> None:
        while True:
            partitions = await self._producer.partitions_for(topic)
            if partitions == self._producer.client.cluster.available_partitions_for_topic(topic):
                return
            await self._producer.client.force_metadata_update()
            await asyncio.sleep(0.05)
