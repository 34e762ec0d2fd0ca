"""How relay's events reach the log."""

from collections import Counter
from collections.abc import Sequence

from istmo_common.errors import EventTooLarge, LogError
from istmo_common.kafka.headers import TRACEPARENT
from istmo_common.kafka.producer import LogProducer, Outgoing
from istmo_common.measures import OUTBOX_SENT
from istmo_registry.stages.relay import Answer, Send
from istmo_registry.store.outbox import OutboxRow

__all__ = ["LogSender"]


class LogSender:
    """Answers a `Send` by way of a producer."""

    def __init__(self, producer: LogProducer) -> None:
        self._producer = producer

    async def __call__(self, send: Send) -> Sequence[Answer]:
        """Send the events, and say of each what became of it."""
        outcomes = await self._producer.send_many([_outgoing(row) for row in send.rows])
        answers = [_answer(outcome) for outcome in outcomes]
        pairs = zip(send.rows, answers, strict=True)
        sent = Counter(row.topic for row, answer in pairs if answer is Answer.ACKNOWLEDGED)
        for topic, count in sent.items():
            OUTBOX_SENT.add(count, {"messaging.destination.name": topic})
        return answers


def _outgoing(row: OutboxRow) -> Outgoing:
    headers = [(name, text.encode()) for name, text in row.headers.items()]
    if row.traceparent is not None:
        headers.append((TRACEPARENT, row.traceparent.encode()))
    return Outgoing(row.topic, row.key, row.value, tuple(headers))


def _answer(outcome: object) -> Answer:
    if isinstance(outcome, EventTooLarge):
        return Answer.NEVER
    return Answer.NOT_NOW if isinstance(outcome, LogError) else Answer.ACKNOWLEDGED
