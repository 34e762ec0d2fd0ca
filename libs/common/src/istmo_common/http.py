"""HTTP clients: httpx over aiohttp's connections, since httpx's own pool grows slow with many of them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
from httpx_aiohttp import AiohttpTransport

__all__ = ["open_client"]


@asynccontextmanager
async def open_client(
    *,
    base_url: str = "",
    headers: Mapping[str, str] | None = None,
    timeout_seconds: float = 10.0,
    max_connections: int = 100,
) -> AsyncIterator[httpx.AsyncClient]:
    """A client, closed on leaving. It follows no redirects and takes no proxy from the environment.

    Each of connecting, sending and every pause in an answer is bounded by `timeout_seconds`.
    """
    limits = httpx.Limits(max_connections=max_connections, max_keepalive_connections=max_connections)
    async with httpx.AsyncClient(
        base_url=base_url,
        headers=dict(headers or {}),
        timeout=timeout_seconds,
        follow_redirects=False,
        trust_env=False,
        transport=AiohttpTransport(limits=limits),
    ) as client:
        yield client
