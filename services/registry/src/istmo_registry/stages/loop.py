"""The loop of match, resolve and relay: do what there is; sleep only when there is nothing and nobody has rung."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

import structlog
from psycopg import OperationalError
from psycopg.errors import DeadlockDetected, SerializationFailure

from istmo_common.heartbeat import Beat, no_beat
from istmo_common.measures import stage_done
from istmo_registry.stages.claims import Claim, Done
from istmo_registry.stages.parking import describe, set_aside
from istmo_registry.stages.running import Runner
from istmo_registry.stages.tracing import traced_claim
from istmo_registry.store.statement import Stage

__all__ = ["Claiming", "Pace", "rounds"]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """`limit` rows are claimed at once; after `retries` rounds in a row in which others were quicker, one at a time.

    Every `look_seconds` a worker looks even if nobody rings: a claimer that was killed wakes nobody. Rounds begin
    `apart_seconds` apart, so that what comes in a steady trickle shares a round; what comes alone waits for nothing.
    """

    limit: int = 100
    retries: int = 20
    look_seconds: float = 1.0
    apart_seconds: float = 0.015


async def rounds(
    stop: asyncio.Event,
    bell: asyncio.Event,
    round_: Callable[[], Awaitable[Done]],
    pace: Pace,
    beat: Beat = no_beat,
) -> None:
    """Run rounds until `stop` is set; the one in hand is finished. What is away is waited for.

    Each round is a `beat`.
    """
    loop = asyncio.get_running_loop()
    stopping = asyncio.create_task(stop.wait())
    try:
        while not stopping.done():
            bell.clear()
            beat()
            next_at = loop.time() + pace.apart_seconds
            try:
                done = await round_()
            except OperationalError as error:
                _log.warning("the database does not answer now", reason=type(error).__name__)
                done = Done.NOTHING
            if done in (Done.NOTHING, Done.REST):
                await _sleep(stopping, bell, pace.look_seconds)
            await asyncio.sleep(max(0.0, next_at - loop.time()))
    finally:
        stopping.cancel()


async def _sleep(stopping: "asyncio.Task[bool]", bell: asyncio.Event, seconds: float) -> None:
    ringing = asyncio.create_task(bell.wait())
    await asyncio.wait({stopping, ringing}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    ringing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await ringing


class Claiming:
    """Rounds of match or resolve. What raises goes one at a time, and the one that still raises is parked."""

    def __init__(
        self,
        runner: Runner,
        name: Literal["match", "resolve"],
        stage: Callable[[Claim, int], Stage[Done]],
        pace: Pace,
    ) -> None:
        self._runner, self._name, self._stage, self._pace = runner, name, stage, pace
        self._stale = 0
        # So many rounds are still to be claimed one at a time.
        self._singly = 0

    async def round(self) -> Done:
        """Claim and do. Raises `OperationalError` where the database is away."""
        limit = 1 if self._singly else self._pace.limit
        claim, began = Claim(), time.perf_counter()
        try:
            with traced_claim(self._name) as claim:
                done = await self._runner.run(self._stage(claim, limit))
        except (DeadlockDetected, SerializationFailure):
            done = Done.STALE
        except OperationalError:
            raise
        except Exception as error:
            return await self._fail(claim, limit, describe(error))
        if done is Done.STALE:
            self._stale += 1
            stage_done(self._name, began, len(claim.rows), "stale")
            if self._stale > self._pace.retries:
                return await self._fail(claim, limit, "what it reads kept changing")
            return done
        self._stale = 0
        self._singly = max(0, self._singly - 1)
        if done is Done.SOME:
            stage_done(self._name, began, len(claim.rows), "done")
            # Fewer than asked for: no other row was free, and whoever brings more rings.
            return done if claim.claimed >= limit else Done.REST
        return done

    async def _fail(self, claim: Claim, limit: int, error: str) -> Done:
        self._stale = 0
        if not claim.rows:
            _log.error("a round failed before it claimed anything", stage=self._name, error=error)
            return Done.NOTHING
        if limit > 1:
            _log.warning("a round failed; what it claimed goes one at a time", stage=self._name, error=error)
            self._singly = len(claim.activities)
            return Done.SOME
        _log.error("parked", stage=self._name, activity=claim.rows[0].activity, error=error)
        await self._runner.run(set_aside(self._name, claim, error))
        self._singly = max(0, self._singly - 1)
        return Done.SOME
