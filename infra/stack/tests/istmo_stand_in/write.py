"""`python -m istmo_stand_in.write BROKER`: one record in the first partition of `activities`."""

import asyncio
import sys

from aiokafka import AIOKafkaProducer


async def write(bootstrap_servers: str) -> None:
    """Write it and wait for the acknowledgement."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap_servers) as producer:
        await producer.send_and_wait("activities", b"{}", partition=0)


if __name__ == "__main__":
    asyncio.run(write(sys.argv[1]))
