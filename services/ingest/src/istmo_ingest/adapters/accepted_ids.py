"""Accepted event ids in Redis: they make the answers "duplicate" and 409 early, and nothing else depends on them.

What requests ask at the same moment goes to Redis together: a question of its own costs as much as a whole round.
"""

import asyncio
import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from istmo_common.canonical import kafka_key
from istmo_ingest.domain.acceptance import Prior
from istmo_ingest.in_flight import EventName

__all__ = ["RedisAcceptedIds"]

_log = structlog.get_logger(__name__)

_PATIENCE_SECONDS: Final = 0.2
_KEEP_WITHIN_SECONDS: Final = 0.02
"""What is to be kept goes along when somebody asks, and after so long by itself."""
_REST_SECONDS: Final = 1.0
"""After a failure Redis is left alone for so long, so that not every post waits for it in vain."""
# One command, and one answer, for however many.
_KEEP: Final = "for i, key in ipairs(KEYS) do redis.call('SET', key, ARGV[i], 'NX', 'EX', ARGV[#KEYS + 1]) end"


@dataclass(slots=True)
class _Round:
    """What goes to Redis together. Those who asked wait each for what it knows of `asked`; nothing where it is away."""

    asked: list[str] = field(default_factory=list)
    waiting: "list[asyncio.Future[Mapping[str, str]]]" = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    timer: asyncio.TimerHandle | None = None


class RedisAcceptedIds:
    """Remembers for `keep` what the log has acknowledged, under digests, so that Redis holds no id in clear."""

    def __init__(self, client: "Redis", keep: timedelta, prefix: str = "") -> None:
        self._client = client
        self._keep = int(keep.total_seconds())
        self._prefix = f"{prefix}accepted:"
        self._rest_until = 0.0
        self._next: _Round | None = None
        self._sending: asyncio.Task[None] | None = None

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
        """Keep what is still to be kept, and let go of the connections."""
        self._start()
        if self._sending is not None:
            await self._sending
        await self._client.aclose()

    async def find(self, names: Sequence[EventName]) -> Mapping[EventName, Prior]:
        """What is remembered of `names`; nothing while Redis is away."""
        if not names or self._resting():
            return {}
        keys = {name: self._key(name) for name in names}
        round_ = self._join()
        self._start()
        answered: asyncio.Future[Mapping[str, str]] = asyncio.get_running_loop().create_future()
        round_.asked += keys.values()
        round_.waiting.append(answered)
        answers = await answered
        return {name: _prior(answers[key]) for name, key in keys.items() if key in answers}

    def remember(self, accepted: Mapping[EventName, Prior]) -> None:
        """Keep `accepted`; what is remembered already stays. Forgotten while Redis is away.

        Nobody waits for it: whoever asks later is in the same round, in which keeping goes before asking, or in one
        after it. Another process may ask a moment too early; then the registry counts one content once, as ever.
        """
        if not accepted or self._resting():
            return
        round_ = self._join()
        for name, prior in accepted.items():
            round_.kept.setdefault(self._key(name), f"{prior.content_hash} {prior.recorded_time}")
        if round_.timer is None:
            round_.timer = asyncio.get_running_loop().call_later(_KEEP_WITHIN_SECONDS, self._start)

    def _join(self) -> _Round:
        """The round that goes out next: once it is started, and the one under way is back."""
        if self._next is None:
            self._next = _Round()
        return self._next

    def _start(self) -> None:
        if self._next is not None and (self._sending is None or self._sending.done()):
            self._sending = asyncio.create_task(self._send_rounds())

    async def _send_rounds(self) -> None:
        while (round_ := self._next) is not None:
            self._next = None
            if round_.timer is not None:
                # Else it would send the next round before anybody asks.
                round_.timer.cancel()
            answers: Mapping[str, str] = {}
            try:
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    answers = await self._send(round_)
            except (RedisError, OSError, TimeoutError) as error:
                self._rest(error)
            finally:
                for answered in round_.waiting:
                    if not answered.done():
                        answered.set_result(answers)

    async def _send(self, round_: _Round) -> Mapping[str, str]:
        async with self._client.pipeline(transaction=False) as pipeline:
            if round_.kept:
                pipeline.eval(_KEEP, len(round_.kept), *round_.kept, *round_.kept.values(), self._keep)
            if round_.asked:
                pipeline.mget(round_.asked)
            results = await pipeline.execute()
        values = results[-1] if round_.asked else ()
        return {key: value for key, value in zip(round_.asked, values, strict=True) if value is not None}

    def _key(self, name: EventName) -> str:
        return self._prefix + hashlib.sha256(kafka_key(*name)).hexdigest()

    def _resting(self) -> bool:
        return time.monotonic() < self._rest_until

    def _rest(self, error: Exception) -> None:
        self._rest_until = time.monotonic() + _REST_SECONDS
        _log.warning("accepted ids are not at hand; reports go on without the early 409", error=type(error).__name__)


def _prior(value: str) -> Prior:
    content_hash, recorded_time = value.split(" ")
    return Prior(content_hash, recorded_time)
