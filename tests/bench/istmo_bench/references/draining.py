"""From the log into a table, bare: every batch of records that is read goes by COPY, with how far it was read.

python -m istmo_bench.references.draining KAFKA POSTGRES TABLE TOPIC...
"""

import sys

import uvloop
from aiokafka import AIOKafkaConsumer
from psycopg import AsyncConnection


async def drain(kafka: str, postgres: str, table: str, *topics: str) -> None:
    """Until it is killed. As it begins, PostgreSQL knows its connection by the name of the table."""
    async with (
        AIOKafkaConsumer(*topics, bootstrap_servers=kafka, auto_offset_reset="earliest") as consumer,
        await AsyncConnection.connect(postgres) as connection,
    ):
        await connection.execute(f"CREATE TABLE {table} (at bigint, key bytea, value bytea)".encode())
        await connection.execute("SELECT set_config('application_name', %s, false)", [table])
        await connection.commit()
        while True:
            records = [one for some in (await consumer.getmany(timeout_ms=1000)).values() for one in some]
            async with (
                connection.transaction(),
                connection.cursor() as cursor,
                cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy,
            ):
                for record in records:
                    await copy.write_row((record.offset, record.key, record.value))


if __name__ == "__main__":
    uvloop.run(drain(*sys.argv[1:]))
