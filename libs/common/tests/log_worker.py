"""A worker process for the tests: stores each event that it reads, with its positions, in one transaction.

Arguments: broker, topic prefix, PostgreSQL address, schema, name of the worker, seconds that a batch takes.
"""

import asyncio
import sys

from istmo_common.events.envelope import CloudEvent
from istmo_common.kafka.batches import Batch, read_event
from istmo_common.kafka.consumer import ConsumerConfig, run_consumer
from istmo_common.kafka.dead_letters import DeadLetters
from istmo_common.kafka.positions import PostgresPositions, move_positions
from istmo_common.kafka.producer import LogProducer, ProducerConfig
from istmo_common.kafka.transport import TransportConfig
from istmo_common.postgres import open_pool
from istmo_common.signals import stop_on_signals


async def main(broker: str, prefix: str, url: str, schema: str, name: str, seconds: str) -> None:
    """Read until SIGTERM."""
    stop = stop_on_signals()
    config = ConsumerConfig(
        broker, "reader", ("activities",), topic_prefix=prefix, max_records=20, session_timeout_seconds=2.0
    )
    async with (
        open_pool(url, schema, max_size=2) as pool,
        LogProducer(ProducerConfig(TransportConfig(broker), topic_prefix=prefix)) as producer,
    ):

        async def handle(batch: Batch[CloudEvent | None]) -> None:
            async with pool.connection() as connection:
                events = [record.message.id for record in batch.records if record.message is not None]
                await connection.execute(
                    "INSERT INTO seen (event, times, worker) SELECT unnest(%s::text[]), 1, %s", [events, name]
                )
                await asyncio.sleep(float(seconds))
                await move_positions(connection, batch.moves)

        await run_consumer(
            config,
            parse=read_event,
            handle=handle,
            positions=PostgresPositions(pool),
            dead_letters=DeadLetters(producer),
            stop=stop,
        )


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
