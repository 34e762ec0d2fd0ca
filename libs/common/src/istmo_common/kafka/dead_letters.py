"""Where records go that break the contract: whole, with the reason, and with where they stood."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from istmo_common import measures
from istmo_common.canonical import kafka_key
from istmo_common.errors import EventTooLarge, LogError, TooManyInvalid
from istmo_common.kafka.batches import Partition, RawRecord
from istmo_common.kafka.producer import LogProducer, Outgoing

__all__ = ["DEAD_LETTERS", "DeadLetters", "InvalidTally"]

DEAD_LETTERS: Final = "dead-letters"

_log = structlog.get_logger(__name__)


class DeadLetters:
    """Writes records to the dead letters, under a key (topic, partition, offset): written twice is the same letter.

    The value and the headers are the original's; headers `dead-letter-…` say the reason, the group that met it, and
    the topic, partition, offset and key under which it stood.
    """

    def __init__(self, producer: LogProducer, *, retry_seconds: float = 1.0) -> None:
        self._producer = producer
        self._retry_seconds = retry_seconds

    async def write(self, group: str, invalid: Sequence[tuple[RawRecord, str]]) -> None:
        """Write records with their reasons. Waits as long as the log does not take them: none may be lost.

        Raises `EventTooLarge` for one that the dead letters cannot hold.
        """
        waiting = [_letter(group, record, reason) for record, reason in invalid]
        for record, reason in invalid:
            measures.DEAD_LETTERS.add(1, {"messaging.destination.name": record.partition.topic})
            _log.warning("a record breaks the contract", reason=reason, group=group, **_place(record))
        while waiting:
            outcomes = await self._producer.send_many(waiting)
            for outcome in outcomes:
                if isinstance(outcome, EventTooLarge):
                    raise outcome
            waiting = [one for one, outcome in zip(waiting, outcomes, strict=True) if isinstance(outcome, LogError)]
            if waiting:
                await asyncio.sleep(self._retry_seconds)


class InvalidTally:
    """Counts invalid records in a row, per partition, and stops the reader when there are too many."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._in_a_row: dict[Partition, int] = {}

    def count(self, partition: Partition, reason: str | None) -> None:
        """Take in the next record of `partition`: the reason why it is invalid, or None.

        Raises `TooManyInvalid` when more than the limit in a row are invalid, before any of these should be let go.
        """
        self._in_a_row[partition] = 0 if reason is None else self._in_a_row.get(partition, 0) + 1
        if self._in_a_row[partition] > self._limit:
            raise TooManyInvalid(
                f"more than {self._limit} records in a row of {partition.topic}/{partition.number} break the "
                f"contract, the last because: {reason}. Is this program older than the one that wrote them? It "
                "stops here and skips none of them; start it again when it can read them"
            )


def _letter(group: str, record: RawRecord, reason: str) -> Outgoing:
    place = _place(record)
    notes = {"reason": reason, "group": group} | {name: str(value) for name, value in place.items()}
    headers = [*record.headers, *((f"dead-letter-{name}", text.encode()) for name, text in notes.items())]
    if record.key is not None:
        headers.append(("dead-letter-key", record.key))
    key = kafka_key(record.partition.topic, str(record.partition.number), str(record.offset))
    return Outgoing(DEAD_LETTERS, key, record.value, tuple(headers))


def _place(record: RawRecord) -> dict[str, str | int]:
    return {"topic": record.partition.topic, "partition": record.partition.number, "offset": record.offset}
