"""Relay: from the outbox to the log. Whole lanes under a lease, one event of each key at a time."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from istmo_registry.stages.claims import Done
from istmo_registry.store import outbox
from istmo_registry.store.outbox import OutboxRow, Settled
from istmo_registry.store.statement import Statement

__all__ = ["Answer", "Relaying", "Send", "relay"]


class Answer(Enum):
    """What became of an event that was sent."""

    ACKNOWLEDGED = "the log has it"
    NOT_NOW = "perhaps the log has it: to be sent again"
    NEVER = "the log cannot take it"


@dataclass(frozen=True, slots=True)
class Send:
    """What a relay yields to have events written to the log. It is sent an `Answer` for each."""

    rows: Sequence[OutboxRow]


Relaying = Generator[Statement | Send, list[Any], Done]
"""A stage that also sends."""


def relay(holder: str, lease_seconds: float, limit: int) -> Relaying:
    """Send up to `limit` rows of all lanes that nobody else holds; `holder` names this relay.

    Returns `Done.STALE` when the lease was lost: what was sent meanwhile will be sent again by whoever has the lanes;
    `Done.REST` when all that was in its lanes is sent.
    """
    held = dict((yield outbox.take_lanes(holder, lease_seconds)))
    if not held:
        return Done.NOTHING
    waiting = [OutboxRow.of(row) for row in (yield outbox.read_lanes(held, limit))]
    all_read, sent = len(waiting) < limit, False
    while True:
        # Nothing after an unacknowledged row of a key is sent: first the oldest row of each key, then the next.
        round_ = _oldest_of_each_key(waiting)
        answers = dict(zip((row.id for row in round_), (yield Send(round_)), strict=True))
        unsent = {(row.topic, row.key) for row in round_ if answers[row.id] is Answer.NOT_NOW}
        waiting = [row for row in waiting if row.id not in answers and (row.topic, row.key) not in unsent]
        # Rows are deleted by their own ids after the acknowledgement, and only while their lane is still held.
        settled = [row for row in round_ if answers[row.id] is not Answer.NOT_NOW]
        impossible = {row.id: _subject(row) for row in settled if answers[row.id] is Answer.NEVER}
        lease = lease_seconds if waiting else None
        held = dict((yield outbox.settle(held, holder, lease, Settled([row.id for row in settled], impossible))))
        if not held:
            return Done.STALE
        all_read = all_read and not unsent
        sent = sent or any(row.lane in held and row.id not in impossible for row in settled)
        waiting = [row for row in waiting if row.lane in held]
        if not waiting:
            return (Done.REST if all_read else Done.SOME) if sent else Done.NOTHING


def _oldest_of_each_key(rows: Sequence[OutboxRow]) -> list[OutboxRow]:
    oldest: dict[tuple[str, bytes], OutboxRow] = {}
    for row in rows:
        oldest.setdefault((row.topic, row.key), row)
    return list(oldest.values())


def _subject(row: OutboxRow) -> str:
    return f"{row.topic}/{row.headers.get('ce_id', row.id)}"
