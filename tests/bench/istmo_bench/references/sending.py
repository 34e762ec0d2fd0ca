"""Webhooks, bare: aiohttp, so many requests at once, each signed. Nothing is read, judged or kept.

python -m istmo_bench.references.sending URL COUNT AT_ONCE BODY_BYTES
"""

import asyncio
import sys
from datetime import UTC, datetime
from itertools import count

import aiohttp
import uvloop
from standardwebhooks import Webhook


async def send(url: str, messages: int, at_once: int, body_bytes: int) -> None:
    """Send `messages` in all, `at_once` at a time."""
    body, numbers = b"x" * body_bytes, count()
    signing = Webhook("whsec_" + "c2VjcmV0" * 4)
    connector = aiohttp.TCPConnector(limit=at_once)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def worker() -> None:
            while (number := next(numbers)) < messages:
                name, now = f"msg_{number}", datetime.now(UTC)
                headers = {
                    "content-type": "application/json",
                    "webhook-id": name,
                    "webhook-timestamp": str(int(now.timestamp())),
                    "webhook-signature": signing.sign(name, now, body.decode()),
                }
                async with session.post(url, data=body, headers=headers) as response:
                    await response.read()

        await asyncio.gather(*(worker() for _ in range(at_once)))


if __name__ == "__main__":
    url, messages, at_once, body_bytes = sys.argv[1], *map(int, sys.argv[2:])
    uvloop.run(send(url, messages, at_once, body_bytes))
