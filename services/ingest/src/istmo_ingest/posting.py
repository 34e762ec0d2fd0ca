"""The use case: post events, and tell of each what became of it."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Protocol

from istmo_common.errors import EventTooLarge, LogError
from istmo_common.events.types import IMPORT_WITHDRAWN
from istmo_common.kafka.headers import new_traceparent
from istmo_common.kafka.producer import Acknowledged, Log, Outgoing
from istmo_ingest.domain.acceptance import NO_IMPORTS, Candidate, OwnImports, Prior, Verdict, decide, examine
from istmo_ingest.domain.faults import Fault, Refused
from istmo_ingest.domain.imports import is_import_id
from istmo_ingest.domain.poster import Poster
from istmo_ingest.domain.receipts import Receipt, Status
from istmo_ingest.domain.recording import RecordedTimes
from istmo_ingest.domain.stated import StatedEvent, read_stated, stated_id
from istmo_ingest.errors import ImportsUnavailable
from istmo_ingest.in_flight import EventName, InFlight

__all__ = ["AcceptedIds", "Imports", "Posting"]

_PATIENCE_SECONDS = 0.3
"""How long to wait for another post of the same id, out of the 5 seconds within which everything is answered."""
_KEPT = frozenset({Status.ACCEPTED, Status.DUPLICATE})
_BREATH = 16
"""After so many events of a batch other requests get their turn."""


class AcceptedIds(Protocol):
    """Memory of accepted events. It may forget, or be away: then nothing is found, and nothing is raised."""

    async def find(self, names: Sequence[EventName]) -> Mapping[EventName, Prior]:
        """What is remembered of `names`."""

    def remember(self, accepted: Mapping[EventName, Prior]) -> None:
        """Keep what the log has acknowledged; what is remembered already stays. What is asked later is told."""


class Imports(Protocol):
    """The journal of imports. Every method raises `ImportsUnavailable` while it is away."""

    async def own(self, partner: str, import_ids: AbstractSet[str]) -> OwnImports:
        """Those of `import_ids` that are imports of `partner`."""

    async def withdraw(self, partner: str, import_ids: AbstractSet[str]) -> None:
        """Note that these imports of `partner` are withdrawn."""


@dataclass(slots=True)
class _Entry:
    """One event on its way. `follows` is an equal one earlier in the batch, whose fate it shares."""

    candidate: Candidate
    receipt: Receipt | None = None
    follows: "_Entry | None" = None
    recorded_time: str = ""

    @property
    def name(self) -> EventName:
        stated = self.candidate.stated
        return self.candidate.partner, stated.source, stated.id

    def settle(self, status: Status, recorded_time: str | None = None, *faults: Fault) -> None:
        told = self.candidate.transactions if status in _KEPT else None
        self.receipt = Receipt(self.candidate.stated.id, status, recorded_time, told, faults)


class Posting:
    """Accepts events: checks, looks for what was accepted before, publishes, remembers, in this order."""

    def __init__(self, log: Log, accepted: AcceptedIds, imports: Imports, times: RecordedTimes) -> None:
        self._log = log
        self._accepted = accepted
        self._imports = imports
        self._times = times
        self._in_flight = InFlight()

    async def post(self, poster: Poster, raw_events: Sequence[object], traceparent: str | None = None) -> list[Receipt]:
        """One receipt for each of `raw_events` (values in the CloudEvents JSON format), in their order.

        `traceparent` is the client's W3C trace context. It goes into the log where this process makes no spans itself;
        without it every event gets one of its own.
        """
        stated = [_read(raw) for raw in raw_events]
        named = {name for event in stated if isinstance(event, StatedEvent) for name in _named_imports(event)}
        imports = await self._imports.own(poster.partner, named) if named else NO_IMPORTS
        examined: list[_Entry | Receipt] = []
        for position, event in enumerate(stated):
            if position % _BREATH == _BREATH - 1:
                await asyncio.sleep(0)
            examined.append(event if isinstance(event, Receipt) else _examine(event, poster, imports))
        await self._settle([entry for entry in examined if isinstance(entry, _Entry)], traceparent)
        receipts = [item if isinstance(item, Receipt) else _told(item) for item in examined]
        withdrawn = {
            place: item.candidate.withdraws
            for place, (item, receipt) in enumerate(zip(examined, receipts, strict=True))
            if isinstance(item, _Entry) and item.candidate.withdraws is not None and receipt.status in _KEPT
        }
        return await self._note_withdrawn(poster, withdrawn, receipts) if withdrawn else receipts

    async def _note_withdrawn(
        self, poster: Poster, withdrawn: Mapping[int, str], receipts: Sequence[Receipt]
    ) -> list[Receipt]:
        """Have the journal show what the log has by now; where it cannot, the same event is to be sent again."""
        try:
            await self._imports.withdraw(poster.partner, set(withdrawn.values()))
        except ImportsUnavailable:
            return [
                Receipt(receipt.id, Status.UNKNOWN) if place in withdrawn else receipt
                for place, receipt in enumerate(receipts)
            ]
        return list(receipts)

    async def _settle(self, entries: Sequence[_Entry], traceparent: str | None) -> None:
        names = {entry.name for entry in entries}
        try:
            claim = await self._in_flight.claim(names, _PATIENCE_SECONDS)
        except TimeoutError:
            # Another post of the same id has no answer yet, so there is none for this one.
            return
        with claim:
            chosen = self._choose(entries, await self._accepted.find(sorted(names)))
            await self._publish(chosen, traceparent)

    async def _publish(self, chosen: Sequence[_Entry], traceparent: str | None) -> None:
        outcomes = await self._log.send_many([_outgoing(entry, traceparent) for entry in chosen])
        for entry, outcome in zip(chosen, outcomes, strict=True):
            _conclude(entry, outcome)
        # Only now: what is remembered before the log has acknowledged would make of a retry a duplicate of nothing.
        self._accepted.remember(
            {
                entry.name: Prior(entry.candidate.content_hash, entry.recorded_time)
                for entry, outcome in zip(chosen, outcomes, strict=True)
                if isinstance(outcome, Acknowledged)
            }
        )

    def _choose(self, entries: Sequence[_Entry], priors: Mapping[EventName, Prior]) -> list[_Entry]:
        chosen: dict[EventName, _Entry] = {}
        for entry in entries:
            earlier = chosen.get(entry.name)
            prior = priors.get(entry.name)
            if prior is None and earlier is not None:
                prior = Prior(earlier.candidate.content_hash, earlier.recorded_time)
            match decide(entry.candidate, prior):
                case Verdict.ACCEPT:
                    entry.recorded_time = self._times.next()
                    chosen[entry.name] = entry
                case Verdict.CONFLICT:
                    entry.settle(Status.REFUSED, None, Fault("id_conflict", "/id"))
                case Verdict.DUPLICATE if earlier is not None:
                    entry.follows = earlier
                case Verdict.DUPLICATE if prior is not None:
                    entry.settle(Status.DUPLICATE, prior.recorded_time)
        return list(chosen.values())


def _read(raw: object) -> StatedEvent | Receipt:
    try:
        return read_stated(raw)
    except Refused as refusal:
        return Receipt.refused(stated_id(raw), refusal)


def _named_imports(event: StatedEvent) -> Iterator[str]:
    if event.import_id is not None:
        yield event.import_id
    withdrawn = event.data.get("import_id") if event.type == IMPORT_WITHDRAWN else None
    if isinstance(withdrawn, str) and is_import_id(withdrawn):
        yield withdrawn


def _examine(event: StatedEvent, poster: Poster, imports: OwnImports) -> _Entry | Receipt:
    try:
        return _Entry(examine(event, poster, imports))
    except Refused as refusal:
        return Receipt.refused(event.id, refusal)


def _outgoing(entry: _Entry, traceparent: str | None) -> Outgoing:
    candidate = entry.candidate
    recorded = candidate.recorded(entry.recorded_time, traceparent or new_traceparent())
    return Outgoing.of(candidate.topic, candidate.key, recorded)


def _conclude(entry: _Entry, outcome: Acknowledged | LogError) -> None:
    if isinstance(outcome, Acknowledged):
        entry.settle(Status.ACCEPTED, entry.recorded_time)
    elif isinstance(outcome, EventTooLarge):
        entry.settle(Status.REFUSED, None, Fault("event_too_large", ""))
    else:
        entry.settle(Status.UNKNOWN)


def _told(entry: _Entry) -> Receipt:
    receipt = entry.receipt
    if receipt is None and entry.follows is not None:
        receipt = _told(entry.follows)
        if receipt.status is Status.ACCEPTED:
            receipt = replace(receipt, status=Status.DUPLICATE)
    return receipt or Receipt(entry.candidate.stated.id, Status.UNKNOWN)
