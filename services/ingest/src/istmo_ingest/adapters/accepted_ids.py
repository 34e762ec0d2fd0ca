"""Accepted event ids in Redis: they make the answers "duplicate" and 409 early, and nothing else depends on them."""

import asyncio
import hashlib
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from istmo_common.canonical import canonical_json
from istmo_ingest.domain.acceptance import Prior
from istmo_ingest.in_flight import EventName

__all__ = ["RedisAcceptedIds"]

_log = structlog.get_logger(__name__)

_PATIENCE_SECONDS: Final = 0.2
_REST_SECONDS: Final = 1.0
"""After a failure Redis is left alone for so long, so that not every post waits for it in vain."""


class RedisAcceptedIds:
    """Remembers for `keep` what the log has acknowledged, under digests, so that Redis holds no id in clear."""

    def __init__(self, client: "Redis", keep: timedelta, prefix: str = "") -> None:
        self._client = client
        self._keep = keep
        self._prefix = f"{prefix}accepted:"
        self._rest_until = 0.0

    @classmethod
    def at(cls, url: str, keep: timedelta = timedelta(days=30), prefix: str = "") -> "RedisAcceptedIds":
        """Memory in the Redis at `url`; it may be away."""
        client = Redis.from_url(
            url,
            socket_timeout=_PATIENCE_SECONDS,
            socket_connect_timeout=_PATIENCE_SECONDS,
            # Once more at once, for a connection that died unnoticed.
            retry=Retry(NoBackoff(), 1),
            decode_responses=True,
        )
        return cls(client, keep, prefix)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def find(self, names: Sequence[EventName]) -> Mapping[EventName, Prior]:
        """What is remembered of `names`; nothing while Redis is away."""
        if not names or self._resting():
            return {}
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                values = await self._client.mget([self._key(name) for name in names])
        except (RedisError, OSError, TimeoutError) as error:
            self._rest(error)
            return {}
        return {name: _prior(value) for name, value in zip(names, values, strict=True) if value is not None}

    async def remember(self, accepted: Mapping[EventName, Prior]) -> None:
        """Keep `accepted`; what is remembered already stays. Forgotten while Redis is away."""
        if not accepted or self._resting():
            return
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS), self._client.pipeline(transaction=False) as pipeline:
                for name, prior in accepted.items():
                    pipeline.set(self._key(name), f"{prior.content_hash} {prior.recorded_time}", ex=self._keep, nx=True)
                await pipeline.execute()
        except (RedisError, OSError, TimeoutError) as error:
            self._rest(error)

    def _key(self, name: EventName) -> str:
        return self._prefix + hashlib.sha256(canonical_json(name)).hexdigest()

    def _resting(self) -> bool:
        return time.monotonic() < self._rest_until

    def _rest(self, error: Exception) -> None:
        self._rest_until = time.monotonic() + _REST_SECONDS
        _log.warning("accepted ids are not at hand; reports go on without the early 409", error=type(error).__name__)


def _prior(value: str | bytes) -> Prior:
    content_hash, recorded_time = str(value).split(" ")
    return Prior(content_hash, recorded_time)
