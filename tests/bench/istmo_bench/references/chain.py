"""The way of a report, bare: Kafka, one PostgreSQL commit with an outbox, Kafka, HTTP. (`posting` stands before it.)

`worker` commits each batch that it reads, a row and an outbox row for each record, and is woken by NOTIFY to send what
the outbox holds. `sender` posts each record to the receiver. Nothing is checked, matched or judged.

    python -m istmo_bench.references.chain worker KAFKA IN OUT POSTGRES
    python -m istmo_bench.references.chain sender KAFKA OUT URL
"""

import asyncio
import sys

import aiohttp
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from psycopg import AsyncConnection

TABLES = """
    CREATE TABLE IF NOT EXISTS bare_reports (key bytea PRIMARY KEY, value bytea NOT NULL);
    CREATE TABLE IF NOT EXISTS bare_outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        key bytea NOT NULL, value bytea NOT NULL)"""
_KEEP = """
    WITH kept AS (
        INSERT INTO bare_reports SELECT * FROM unnest(%(keys)b::bytea[], %(values)b::bytea[])
        ON CONFLICT (key) DO UPDATE SET value = excluded.value)
    INSERT INTO bare_outbox (key, value) SELECT * FROM unnest(%(keys)b::bytea[], %(values)b::bytea[])"""


async def work(kafka: str, source: str, target: str, postgres: str) -> None:
    """Until it is killed."""
    async with (
        AIOKafkaConsumer(source, bootstrap_servers=kafka, auto_offset_reset="earliest") as consumer,
        AIOKafkaProducer(bootstrap_servers=kafka, enable_idempotence=True, acks="all") as producer,
        await AsyncConnection.connect(postgres) as connection,
        await AsyncConnection.connect(postgres, autocommit=True) as relay,
        await AsyncConnection.connect(postgres, autocommit=True) as listener,
    ):
        await listener.execute("LISTEN bare")

        async def keep() -> None:
            while True:
                for records in (await consumer.getmany(timeout_ms=1000)).values():
                    values = {
                        "keys": [one.key for one in records],
                        "values": [one.value for one in records],
                    }
                    async with connection.transaction():
                        await connection.execute(_KEEP, values)
                        await connection.execute("NOTIFY bare")

        async def send() -> None:
            async for _ in listener.notifies():
                cursor = await relay.execute("SELECT id, key, value FROM bare_outbox ORDER BY id")
                rows = await cursor.fetchall()
                sent = [await producer.send(target, bytes(value), bytes(key)) for _, key, value in rows]
                await asyncio.gather(*sent)
                await relay.execute("DELETE FROM bare_outbox WHERE id = ANY(%s)", ([row[0] for row in rows],))

        await asyncio.gather(keep(), send())


async def deliver(kafka: str, source: str, url: str) -> None:
    """Until it is killed."""
    async with (
        AIOKafkaConsumer(source, bootstrap_servers=kafka, auto_offset_reset="earliest") as consumer,
        aiohttp.ClientSession() as session,
    ):
        async for record in consumer:
            async with session.post(url, data=record.value) as response:
                await response.read()


if __name__ == "__main__":
    role, *arguments = sys.argv[1:]
    uvloop.run(work(*arguments) if role == "worker" else deliver(*arguments))
