"""Reading the dead letters: each with its reason, where its original stood, and the original itself."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from aiokafka.errors import KafkaError

from istmo_common.errors import BrokerUnavailable
from istmo_common.kafka.batches import Place
from istmo_common.kafka.dead_letters import DEAD_LETTERS
from istmo_common.kafka.producer import Outgoing
from istmo_common.kafka.whole import read_to_end

__all__ = ["MOST_LETTERS", "Letter", "read_letters"]

MOST_LETTERS: Final = 10_000
_TIMEOUT_SECONDS: Final = 30.0
_NOTE: Final = "dead-letter-"


class Letter(NamedTuple):
    """A dead letter: why, met by which group, written when, and the original under its key."""

    place: Place
    reason: str
    group: str
    written: datetime
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]

    @property
    def event(self) -> str | None:
        """The id of the event that the original claims to be, if it claims one."""
        return next((text.decode("utf-8", "replace") for name, text in self.headers if name == "ce_id"), None)

    def original(self) -> Outgoing:
        """The original as it was: key, value and headers. Raises ValueError for one without a key."""
        if self.key is None:
            raise ValueError("the original has no key")
        return Outgoing(self.place.topic, self.key, self.value, self.headers)


async def read_letters(bootstrap_servers: str, prefix: str) -> list[Letter]:
    """The letters in the topic, the oldest first, each place once; 10,000 at most. Raises `BrokerUnavailable`."""
    letters: dict[Place, Letter] = {}
    try:
        async with (
            asyncio.timeout(_TIMEOUT_SECONDS),
            aclosing(read_to_end(bootstrap_servers, [prefix + DEAD_LETTERS])) as records,
        ):
            async for record in records:
                letter = _letter(record)
                if letter is not None:
                    letters[letter.place] = letter
                if len(letters) == MOST_LETTERS:
                    break
    except (KafkaError, OSError, TimeoutError) as error:
        raise BrokerUnavailable(f"the dead letters cannot be read: {error!r}") from error
    return sorted(letters.values(), key=lambda letter: (letter.written, letter.place))


def _letter(record: Any) -> Letter | None:
    notes = {name.removeprefix(_NOTE): text for name, text in record.headers if name.startswith(_NOTE)}
    try:
        place = Place(notes["topic"].decode(), int(notes["partition"]), int(notes["offset"]))
    except (KeyError, ValueError):
        # Nobody of ours wrote it, and there is no place to send it back to.
        return None
    return Letter(
        place,
        notes.get("reason", b"").decode("utf-8", "replace"),
        notes.get("group", b"").decode("utf-8", "replace"),
        datetime.fromtimestamp(record.timestamp / 1000, UTC),
        notes.get("key"),
        record.value,
        tuple((name, text) for name, text in record.headers if not name.startswith(_NOTE)),
    )
