"""Dead letters in an operator's hands: listed, sent back to where they came from, put away."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from istmo_common.kafka.batches import Place
from istmo_common.kafka.letters import Letter
from istmo_common.kafka.producer import Acknowledged, Log
from istmo_common.postgres import Pool
from istmo_registry.store.settled_letters import Outcome, read_settled, settle

__all__ = ["LetterBox", "Listed", "Replayed", "Wanted"]

_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which letters: those of these places (None: all), of a topic, whose reason contains a text, of an event's id."""

    places: frozenset[Place] | None = None
    topic: str | None = None
    reason: str | None = None
    event: str | None = None

    def fits(self, letter: Letter) -> bool:
        """Whether it is one of them."""
        return (
            (self.places is None or letter.place in self.places)
            and self.topic in (None, letter.place.topic)
            and (self.reason is None or self.reason in letter.reason)
            and self.event in (None, letter.event)
        )


@dataclass(frozen=True, slots=True)
class Listed:
    """A letter, and what was done with it already."""

    letter: Letter
    outcome: Outcome | None
    settled: datetime | None


@dataclass(frozen=True, slots=True)
class Replayed:
    """The letters that were sent back, those that had been settled before, and those that the log did not take."""

    sent: list[Place]
    settled_before: list[Listed]
    failed: list[Place]


class LetterBox:
    """`read` gives all dead letters; `log` takes what is sent back; what was done with each is in the tables."""

    def __init__(self, read: Callable[[], Awaitable[list[Letter]]], log: Log, pool: Pool) -> None:
        self._read, self._log, self._pool = read, log, pool

    async def find(self, wanted: Wanted) -> list[Listed]:
        """These letters, the oldest first. Raises `BrokerUnavailable`."""
        letters = [letter for letter in await self._read() if wanted.fits(letter)]
        async with self._pool.connection() as database:
            settled = await read_settled(database)
        return [Listed(letter, *settled.get(letter.place, (None, None))) for letter in letters]

    async def replay(self, wanted: Wanted, *, again: bool) -> Replayed:
        """Send originals to the topics where they stood, with their own keys and headers.

        Those that were settled before are left alone unless `again` says so. After a crash in between one may be sent a
        second time: whoever reads it takes that for one.
        """
        found = await self.find(wanted)
        to_send = [listed.letter for listed in found if again or listed.outcome is None]
        result = Replayed([], [listed for listed in found if not again and listed.outcome is not None], [])
        for start in range(0, len(to_send), _AT_ONCE):
            await self._send(to_send[start : start + _AT_ONCE], result)
        return result

    async def purge(self, wanted: Wanted) -> list[Place]:
        """Put these letters away: they are listed no more, and the topic lets go of them in its time."""
        places = [listed.letter.place for listed in await self.find(wanted) if listed.outcome != "purged"]
        await self._settle(places, "purged")
        return places

    async def _send(self, letters: Sequence[Letter], result: Replayed) -> None:
        keyed = [letter for letter in letters if letter.key is not None]
        outcomes = await self._log.send_many([letter.original() for letter in keyed])
        taken = {letter.place for letter, one in zip(keyed, outcomes, strict=True) if isinstance(one, Acknowledged)}
        await self._settle(sorted(taken), "replayed")
        result.sent.extend(sorted(taken))
        result.failed.extend(letter.place for letter in letters if letter.place not in taken)

    async def _settle(self, places: Collection[Place], outcome: Outcome) -> None:
        async with self._pool.connection() as database:
            await settle(database, places, outcome)
