"""Intake: what the registry published, into what each reader is told.

A batch, the lists and alerts that follow from it, and its positions are one transaction.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from typing import Any, Final

from psycopg import AsyncConnection

from istmo_common.kafka.batches import Batch, Record
from istmo_common.kafka.headers import trace_id_of
from istmo_common.kafka.positions import move_positions
from istmo_common.kafka.spans import onward
from istmo_common.partners import PartnerRecord
from istmo_common.postgres import Pool
from istmo_notify.domain.telling import Lists
from istmo_notify.domain.world import AlertChanged, Heard, Programme, World
from istmo_notify.stages.letters import letter_of
from istmo_notify.stages.messages import FindingMessage, Message, PartnerMessage, ProgrammeMessage
from istmo_notify.stages.routing import Touched, directory_of, join, touched_by
from istmo_notify.store import known, lists, outbox, waking
from istmo_notify.store.stage_records import TakenIn, keep_taken_in
from istmo_notify.tracing import span_for

__all__ = ["GROUPS", "take_in"]

Connection = AsyncConnection[Any]

GROUPS: Final = {"notify-findings": "findings", "notify-partners": "partners", "notify-programmes": "programmes"}
"""A consumer group for each topic: a flood of programmes does not hold up an alert."""


async def take_in(pool: Pool, batch: Batch[Message]) -> None:
    """Take in a batch and move its positions on.

    Raises `PositionMoved` where another worker has already taken it in; then nothing of it was kept.
    """
    # What nobody waits for the answer of goes to the database together with what comes after it.
    async with pool.connection() as connection, connection.pipeline(), connection.transaction():
        await lists.lock_lists(connection)
        await move_positions(connection, batch.moves)
        partners = await known.load_partners(connection)
        open_lists = Lists(await lists.open_views(connection))
        world = World(directory_of(partners.values()), open_lists.audience)
        intake = _Intake(connection, world, open_lists)
        await intake.take_partners(partners, batch.records)
        await intake.take_findings(batch.records)
        await intake.take_programmes(batch.records)
        await intake.keep()


class _Intake:
    """One transaction: a world that grows by what the batch touches, and what comes out of it."""

    def __init__(self, connection: Connection, world: World, open_lists: Lists) -> None:
        self._connection = connection
        self._world = world
        self._lists = open_lists
        self._alerts: dict[tuple[str, str], AlertChanged] = {}
        self._letters: list[outbox.Letter] = []
        self._taken: list[TakenIn] = []

    async def take_partners(self, partners: dict[str, PartnerRecord], records: Iterable[Record[Message]]) -> None:
        """Partners change who is told: standing findings are addressed anew, and own restricted programmes shown."""
        touched: list[Touched] = []
        traceparent = None
        for record in records:
            message = record.message
            if not isinstance(message, PartnerMessage):
                continue
            before = partners.get(message.id)
            if before is not None and message.record is not None and message.record.version <= before.version:
                continue
            partners.pop(message.id, None)
            if message.record is not None:
                partners[message.id] = message.record
            touched.append(touched_by(before, message.record))
            traceparent = traceparent or record.traceparent
            await known.save_partner(self._connection, message.id, message.record)
        if touched:
            everything = reduce(join, touched)
            await known.load_findings_about(self._connection, self._world, everything)
            await known.load_restricted(self._connection, self._world, everything)
            with span_for("alert compose", traceparent):
                self._note(*self._world.apply_directory(directory_of(partners.values())), traceparent)

    async def take_findings(self, records: Iterable[Record[Message]]) -> None:
        """Findings become alerts."""
        found = [(record.message, record) for record in records if isinstance(record.message, FindingMessage)]
        if not found:
            return
        await known.load_findings(self._connection, self._world, [message.key for message, _ in found])
        for message, record in found:
            news = self._world.is_news(message.key, message.finding)
            with self._following(record, news=news):
                if news:
                    with span_for("alert compose", record.traceparent):
                        self._note(*self._world.apply_finding(message.key, message.finding), record.traceparent)
        keys = {message.key for message, _ in found}
        await known.save_findings(self._connection, [(key, self._world.findings[key]) for key in sorted(keys)])

    async def take_programmes(self, records: Iterable[Record[Message]]) -> None:
        """Programmes become items of the lists."""
        found = [(record.message, record) for record in records if isinstance(record.message, ProgrammeMessage)]
        if not found:
            return
        keys = {message.key for message, _ in found}
        handles = {outcome.id for message, _ in found for outcome in message.outcomes}
        await known.load_programmes(self._connection, self._world, keys, handles)
        newest: dict[str, ProgrammeMessage] = {}
        for message, record in found:
            programme = Programme.of(message.version, message.outcomes)
            news = self._world.is_newer(message.key, programme)
            with self._following(record, news=news):
                if news:
                    self._note((), self._world.apply_programme(message.key, programme), record.traceparent)
                    newest[message.key] = message
        await known.save_programmes(
            self._connection, [(key, message.version, message.outcomes) for key, message in sorted(newest.items())]
        )

    async def keep(self) -> None:
        """Write what came of it, and wake those who tell it."""
        if self._letters:
            await known.save_alerts(self._connection, self._alerts.values())
            await outbox.post(self._connection, self._letters)
        if self._lists.told:
            await lists.append(self._connection, self._lists.told)
        await keep_taken_in(self._connection, self._taken)
        if self._lists.told or self._letters:
            await waking.wake(self._connection)

    @contextmanager
    def _following(self, record: Record[Message], *, news: bool) -> Iterator[None]:
        """Keep for operators what became of a record that belongs to a trace."""
        alerts, items = len(self._letters), self._lists.items
        yield
        trace = trace_id_of(record.traceparent)
        if trace is not None:
            told = f"alerts {len(self._letters) - alerts}, items of lists {self._lists.items - items}"
            key = record.key.decode("utf-8", "replace")
            self._taken.append(TakenIn(trace, f"{record.partition.topic}/{key}", told if news else "known already"))

    def _note(self, changed: Sequence[AlertChanged], heard: Iterable[Heard], traceparent: str | None) -> None:
        here = onward(traceparent)
        for alert in changed:
            self._alerts[alert.finding, alert.recipient] = alert
            self._letters.append(letter_of(alert, here))
        self._lists.tell(heard, here)
