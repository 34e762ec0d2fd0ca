"""Match and resolve on the tables of one schema: the rounds of a worker, and of a rebuild beside it."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, Literal

from istmo_common.heartbeat import Beat, no_beat
from istmo_common.times import format_time
from istmo_registry.domain.parameters import PARAMETERS
from istmo_registry.stages.claims import Claim, Done
from istmo_registry.stages.loop import Claiming, Pace, rounds
from istmo_registry.stages.match import Matching, match
from istmo_registry.stages.publications import Publisher
from istmo_registry.stages.resolve import resolve
from istmo_registry.stages.running import Runner
from istmo_registry.stages.waking import waking
from istmo_registry.store import dirty, work
from istmo_registry.store.statement import Stage

__all__ = ["PACE", "Claimer", "claim_rounds"]

PACE: Final = Pace()

Claimer = Literal["match", "resolve"]
"""The stages that claim what waits for them."""


_Do = Callable[[Claim, int], Stage[Done]]


def _match() -> _Do:
    matching = Matching(PARAMETERS)
    return lambda claim, limit: match(claim, matching, limit)


def _resolve() -> _Do:
    return lambda claim, limit: resolve(claim, Publisher(format_time(datetime.now(UTC))), limit)


_STAGES: Final[Mapping[Claimer, tuple[str, Callable[[], _Do]]]] = {
    "match": (dirty.DIRTY, _match),
    "resolve": (work.WORK, _resolve),
}
"""By stage, the channel that wakes it, and what a worker does with its claims."""


async def claim_rounds(
    url: str, schema: str, application: str, stage: Claimer, stop: asyncio.Event, beat: Beat = no_beat
) -> None:
    """Run rounds of `stage` until `stop` is set; PostgreSQL knows the connection as `application`."""
    channel, begin = _STAGES[stage]
    runner = Runner(url, schema, application)
    try:
        async with waking(url, schema, channel) as bell:
            await rounds(stop, bell, Claiming(runner, stage, begin(), PACE).round, PACE, beat)
    finally:
        await runner.close()
