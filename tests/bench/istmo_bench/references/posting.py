"""POST into Kafka, bare: Starlette and an idempotent aiokafka producer, acks=all. One record for each event.

It checks nothing, remembers nothing, traces nothing. A single event is written as it came, a batch is taken apart by
the standard library's JSON. Records have the key that the platform's have, so that one activity's stay in order.

    python -m istmo_bench.references.posting KAFKA TOPIC PORT
"""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from aiokafka import AIOKafkaProducer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


def application(kafka: str, topic: str) -> Starlette:
    """`/single` and `/batch`."""
    producer: AIOKafkaProducer

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        nonlocal producer
        producer = AIOKafkaProducer(bootstrap_servers=kafka, enable_idempotence=True, acks="all")
        async with producer:
            yield

    async def single(request: Request) -> Response:
        body = await request.body()
        await producer.send_and_wait(topic, body, request.headers["x-key"].encode())
        return JSONResponse({"status": "accepted"}, status_code=202)

    async def batch(request: Request) -> Response:
        sent = [
            await producer.send(topic, json.dumps(event, ensure_ascii=False).encode(), _key(event["data"]))
            for event in json.loads(await request.body())
        ]
        for future in sent:
            await future
        return JSONResponse({"accepted": len(sent)}, status_code=202)

    routes = [Route("/single", single, methods=["POST"]), Route("/batch", batch, methods=["POST"])]
    return Starlette(routes=routes, lifespan=lifespan)


def _key(data: dict[str, str]) -> bytes:
    return json.dumps([data["reporter"], data["activity"]]).encode()


if __name__ == "__main__":
    kafka, topic, port = sys.argv[1:]
    uvicorn.run(application(kafka, topic), port=int(port), log_level="error", access_log=False)
