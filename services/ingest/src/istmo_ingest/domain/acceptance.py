"""Whether an event is accepted: a pure decision on what it states, who posts it, and what was accepted before."""

from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never

from istmo_common.canonical import canonical_report, content_hash, kafka_key
from istmo_common.events.activities import ActivityReported, ActivityWithdrawn
from istmo_common.events.envelope import CloudEvent
from istmo_common.events.transaction_ids import transaction_ids
from istmo_common.events.transactions import TransactionReported, TransactionWithdrawn
from istmo_common.events.types import IMPORT_WITHDRAWN, Report
from istmo_ingest.domain.checks import rule_faults
from istmo_ingest.domain.contract import read_import_withdrawal, read_payload
from istmo_ingest.domain.faults import Fault, Refused
from istmo_ingest.domain.limits import EVENT_BYTES
from istmo_ingest.domain.poster import Poster
from istmo_ingest.domain.stated import StatedEvent

__all__ = ["NO_IMPORTS", "Candidate", "OwnImports", "Prior", "Verdict", "decide", "examine"]


@dataclass(frozen=True, slots=True)
class OwnImports:
    """The poster's own imports, as far as a request names them: those that take events, and all that are its own."""

    open: Set[str] = frozenset()
    all: Set[str] = frozenset()


NO_IMPORTS: Final = OwnImports()
"""What is known of a request that names none."""


@dataclass(frozen=True, slots=True)
class Prior:
    """What is remembered of an accepted event: its content hash and when it was accepted."""

    content_hash: str
    recorded_time: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A valid event that its poster may report, with what publishing it takes.

    `data` is canonical JSON; `transactions` are the identities of the list that the event states, if it states one.
    `standing` is that of a report; `withdraws` is the import that the event withdraws, if that is what it does.
    """

    stated: StatedEvent
    data: bytes
    content_hash: str
    partner: str
    standing: str | None
    topic: str
    key: bytes
    transactions: tuple[str, ...] | None = None
    withdraws: str | None = None

    def recorded(self, recorded_time: str, traceparent: str | None = None) -> CloudEvent:
        """The event as it goes into the log, with the trace context in which it came."""
        return CloudEvent(
            id=self.stated.id,
            source=self.stated.source,
            type=self.stated.type,
            subject=self.stated.subject,
            time=self.stated.time,
            data=self.data,
            recorded_time=recorded_time,
            partner=self.partner,
            standing=self.standing,
            import_id=self.stated.import_id,
            traceparent=traceparent,
        )


class Verdict(StrEnum):
    """What becomes of a candidate."""

    ACCEPT = "accept"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


def examine(stated: StatedEvent, poster: Poster, imports: OwnImports = NO_IMPORTS) -> Candidate:
    """The candidate that `stated` makes. Raises `Refused` with everything that is wrong with it."""
    if stated.type == IMPORT_WITHDRAWN:
        return _examine_withdrawal(stated, poster, imports)
    report = read_payload(stated.type, stated.data)
    standing = poster.custody.standing(report.reporter)
    if standing is None:
        raise Refused([Fault("reporter_not_yours", "/data/reporter")])
    faults = list(rule_faults(report, poster))
    if stated.import_id is not None and stated.import_id not in imports.open:
        faults.append(Fault("import_not_open", "/importid"))
    if faults:
        raise Refused(faults)
    return _candidate(
        stated,
        poster,
        standing=standing,
        topic=_topic(report),
        key=kafka_key(report.reporter, report.activity),
        transactions=_transactions(report),
    )


def _examine_withdrawal(stated: StatedEvent, poster: Poster, imports: OwnImports) -> Candidate:
    """An import is withdrawn as a whole, by the partner that made it, whether it was finished or not."""
    import_id = read_import_withdrawal(stated.data).import_id
    faults = []
    if import_id not in imports.all:
        faults.append(Fault("import_unknown", "/data/import_id"))
    if stated.import_id is not None:
        faults.append(Fault("import_within_import", "/importid"))
    if faults:
        raise Refused(faults)
    return _candidate(
        stated,
        poster,
        standing=None,
        topic="activities",
        key=kafka_key(poster.partner, import_id),
        withdraws=import_id,
    )


def _candidate(
    stated: StatedEvent,
    poster: Poster,
    *,
    standing: str | None,
    topic: str,
    key: bytes,
    transactions: tuple[str, ...] | None = None,
    withdraws: str | None = None,
) -> Candidate:
    """What nothing speaks against, with its data in canonical form. Raises `Refused` where that is too large."""
    data = canonical_report(stated.data)
    if len(data) > EVENT_BYTES:
        raise Refused([Fault("event_too_large", "/data", {"max_bytes": EVENT_BYTES})])
    hashed = content_hash(type=stated.type, source=stated.source, subject=stated.subject, time=stated.time, data=data)
    return Candidate(stated, data, hashed, poster.partner, standing, topic, key, transactions, withdraws)


def decide(candidate: Candidate, prior: Prior | None) -> Verdict:
    """What becomes of a candidate, given what was accepted under its id before."""
    if prior is None:
        return Verdict.ACCEPT
    return Verdict.DUPLICATE if prior.content_hash == candidate.content_hash else Verdict.CONFLICT


def _topic(report: Report) -> str:
    match report:
        case ActivityReported() | ActivityWithdrawn():
            return "activities"
        case TransactionReported() | TransactionWithdrawn():
            return "transactions"
        case _:
            assert_never(report)


def _transactions(report: Report) -> tuple[str, ...] | None:
    match report:
        case ActivityReported(transactions=tuple(listed)):
            return tuple(transaction_ids(listed))
        case TransactionReported(transaction=transaction):
            return tuple(transaction_ids([transaction]))
        case _:
            return None
