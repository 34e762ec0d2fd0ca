"""Relay: from the outbox to the log. One lane at a time under a lease, one event of each key at a time."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from istmo_registry.stages.claims import Done
from istmo_registry.store import outbox, parked
from istmo_registry.store.outbox import OutboxRow
from istmo_registry.store.parked import ParkedRow
from istmo_registry.store.statement import BEGIN, COMMIT, ROLLBACK, Statement

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
    """Send up to `limit` rows of one lane; `holder` names this relay.

    Returns `Done.STALE` when the lease was lost: what was sent meanwhile will be sent again by whoever has the lane.
    """
    taken = yield outbox.take_lane(holder, lease_seconds)
    if not taken:
        return Done.NOTHING
    lane = taken[0][0]
    waiting = [OutboxRow.of(row) for row in (yield outbox.read_lane(lane, limit))]
    sent = False
    while waiting:
        # Nothing after an unacknowledged row of a key is sent: first the oldest row of each key, then the next.
        round_ = _oldest_of_each_key(waiting)
        renewed = yield outbox.renew_lane(lane, holder, lease_seconds)
        if not renewed:
            return Done.STALE
        answers = dict(zip((row.id for row in round_), (yield Send(round_)), strict=True))
        # Rows are deleted by their own ids after the acknowledgement, and only while the lane is still held.
        yield BEGIN
        if not (yield outbox.hold_lane(lane, holder)):
            yield ROLLBACK
            return Done.STALE
        impossible = [row for row in round_ if answers[row.id] is Answer.NEVER]
        if impossible:
            yield parked.park(_parked(row) for row in impossible)
        settled = [row.id for row in round_ if answers[row.id] is not Answer.NOT_NOW]
        yield outbox.delete_sent(settled, [row.id for row in impossible], renewed[0][0])
        yield COMMIT
        sent = sent or Answer.ACKNOWLEDGED in answers.values()
        unsent = {(row.topic, row.key) for row in round_ if answers[row.id] is Answer.NOT_NOW}
        waiting = [row for row in waiting if row.id not in answers and (row.topic, row.key) not in unsent]
    yield outbox.release_lane(lane, holder)
    return Done.SOME if sent else Done.NOTHING


def _oldest_of_each_key(rows: Sequence[OutboxRow]) -> list[OutboxRow]:
    oldest: dict[tuple[str, bytes], OutboxRow] = {}
    for row in rows:
        oldest.setdefault((row.topic, row.key), row)
    return list(oldest.values())


def _parked(row: OutboxRow) -> ParkedRow:
    return ParkedRow(
        stage="relay",
        subject=f"{row.topic}/{row.headers.get('ce_id', row.id)}",
        activity=None,
        mode=None,
        error="the event is larger than its topic takes",
        traceparent=row.traceparent,
    )
