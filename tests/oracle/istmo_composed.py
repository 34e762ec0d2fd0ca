"""The domain's own functions put together in memory: events in, lines of the export out, as `istmo_oracle.fold`."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations
from typing import Any

from istmo_common.disclosure import Tlp
from istmo_common.errors import InvalidEvent
from istmo_common.events.activities import ActivityReported, ActivityWithdrawn
from istmo_common.events.envelope import CloudEvent
from istmo_common.events.organisation_merges import OrganisationMerged, OrganisationMergeUndone
from istmo_common.events.organisations import OrganisationChanged
from istmo_common.events.transaction_ids import transaction_ids
from istmo_common.events.transactions import Transaction, TransactionReported, TransactionWithdrawn
from istmo_common.events.types import IMPORT_WITHDRAWN, Report, read_import_withdrawn, read_report
from istmo_common.times import parse_time
from istmo_registry.domain.blocking import keys_of
from istmo_registry.domain.clustering import Edge, join
from istmo_registry.domain.directory import Directory, amendments_in, directory_under
from istmo_registry.domain.export import ExportedEntry, ExportedPair, export_lines
from istmo_registry.domain.features import Features
from istmo_registry.domain.findings import Finding, duplicate_between, duplicates_within, oddities_of
from istmo_registry.domain.identity import Copy, counting, in_conflict, standing_copy
from istmo_registry.domain.ids import ActivityId, EventKey, ImportId
from istmo_registry.domain.ledger import Line, fates
from istmo_registry.domain.merges import Merge
from istmo_registry.domain.mutual import ScoredPair, promoted
from istmo_registry.domain.parameters import PARAMETERS, Parameters
from istmo_registry.domain.report_features import features_of
from istmo_registry.domain.scoring import compare
from istmo_registry.domain.transactions import (
    GoverningList,
    Source,
    TransactionVersion,
    event_identity,
    line_digest,
    living,
    states_clear,
)
from istmo_registry.domain.versions import (
    Stamp,
    Version,
    current,
    governing,
    has_older_report,
    newest_reported,
    state_of,
)

__all__ = ["composed"]

_MERGES: dict[str, type[OrganisationMerged]] = {
    "organisation.merged": OrganisationMerged,
    "organisation.merge-undone": OrganisationMergeUndone,
}


@dataclass
class _Activity:
    """What is told about one activity, by stamp."""

    id: ActivityId
    told: dict[Stamp, Report] = field(default_factory=dict)
    conflict: bool = False

    def versions(self) -> list[Version]:
        return [
            Version(
                stamp,
                "reported" if isinstance(report, ActivityReported) else "withdrawn",
                isinstance(report, ActivityReported) and report.transactions is not None,
                not isinstance(report, ActivityReported) or report.marking.tlp is Tlp.CLEAR,
            )
            for stamp, report in self.told.items()
            if isinstance(report, ActivityReported | ActivityWithdrawn)
        ]

    def payments(self) -> list[TransactionVersion]:
        heads = []
        for stamp, report in self.told.items():
            if isinstance(report, TransactionReported) and report.transaction.transaction_id is not None:
                identity = event_identity(report.transaction.transaction_id)
                heads.append(TransactionVersion(stamp, identity, "reported"))
            if isinstance(report, TransactionWithdrawn):
                heads.append(TransactionVersion(stamp, event_identity(report.transaction_id), "withdrawn"))
        return heads

    def stated(self, stamp: Stamp) -> ActivityReported:
        report = self.told[stamp]
        assert isinstance(report, ActivityReported)
        return report

    def lines(self) -> dict[str, tuple[Transaction, bool]]:
        """The living transactions, each with whether it is CLEAR."""
        versions = self.versions()
        lists, newest, now = governing(versions), newest_reported(versions), current(versions)
        by_id: dict[str, Transaction] = {}
        if lists is not None:
            listed = self.stated(lists.stamp).transactions or ()
            by_id = dict(zip(transaction_ids(listed), listed, strict=True))
        stated = GoverningList(lists.stamp, frozenset(by_id)) if lists is not None else None
        clear = newest is not None and newest.clear

        def line(identity: str, source: Source) -> tuple[Transaction, bool]:
            report = self.told[source.stamp]
            if isinstance(report, TransactionReported):
                return report.transaction, clear and states_clear(report.transaction)
            assert lists is not None
            return by_id[identity], clear and lists.clear and states_clear(by_id[identity])

        alive = living(state_of(now), stated, self.payments())
        return {identity: line(identity, source) for identity, source in alive.items()}

    def oddities(self) -> frozenset[Finding]:
        newest = newest_reported(self.versions())
        by_transaction: dict[str, list[Stamp]] = defaultdict(list)
        for payment in self.payments():
            by_transaction[payment.transaction_id].append(payment.stamp)
        older = has_older_report(version.stamp for version in self.versions())
        older = older or any(has_older_report(stamps) for stamps in by_transaction.values())
        clear = newest is not None and newest.clear
        return oddities_of(self.id, clear=clear, id_conflict=self.conflict, older_report=older)


def _activities(events: Iterable[CloudEvent]) -> dict[ActivityId, _Activity]:
    copies: dict[EventKey, list[Copy]] = defaultdict(list)
    contents: dict[str, tuple[CloudEvent, Report]] = {}
    withdrawn: set[ImportId] = set()
    for event in events:
        try:
            if event.type == IMPORT_WITHDRAWN:
                withdrawn.add(ImportId(event.partner or "", read_import_withdrawn(event).import_id))
                continue
            report = read_report(event)
        except InvalidEvent:
            continue
        key = EventKey(event.partner or "", event.source, event.id)
        recorded, standing = parse_time(event.recorded_time), event.standing or "custodian"
        copies[key].append(Copy(key, event.content_hash, recorded, standing, event.import_id))
        contents[event.content_hash] = (event, report)
    activities: dict[ActivityId, _Activity] = {}
    for arrived in copies.values():
        counted = counting(arrived, withdrawn)
        copy = standing_copy(counted)
        if copy is None:
            continue
        event, report = contents[copy.content_hash]
        stamp = Stamp.of(copy, parse_time(event.time) if event.time else None)
        name = ActivityId(report.reporter, report.activity)
        activity = activities.setdefault(name, _Activity(name))
        activity.told[stamp] = report
        activity.conflict |= in_conflict(counted)
    return activities


def _directory(events: Sequence[CloudEvent]) -> Directory:
    told = [event for event in events if event.type in _MERGES]
    stated: dict[str, OrganisationMerged] = {}
    for event in sorted(told, key=lambda event: (parse_time(event.recorded_time), event.data)):
        stated.setdefault(event.id, _MERGES[event.type].read(event.data))
    undone = {each.undoes for each in stated.values() if isinstance(each, OrganisationMergeUndone)}
    records: dict[str, OrganisationChanged] = {}
    for event in events:
        if event.type == "organisation.changed":
            record = OrganisationChanged.read(event.data)
            records[record.id] = max(records.get(record.id, record), record, key=lambda one: one.version)
    return directory_under(
        frozenset(
            Merge(each.kept, each.merged)
            for name, each in stated.items()
            if not isinstance(each, OrganisationMergeUndone) and name not in undone
        ),
        amendments_in(records.values()),
    )


def _pairs(features: Sequence[Features], parameters: Parameters) -> list[ExportedPair]:
    carriers: dict[str, set[ActivityId]] = defaultdict(set)
    for one in features:
        for key in keys_of(one):
            carriers[key].add(one.activity)
    by_id = {one.activity: one for one in features}
    candidates = {
        pair
        for key, met in carriers.items()
        if len(met) <= parameters.most_carriers(key)
        for pair in combinations(sorted(met), 2)
    }
    candidates |= {pair for pair in combinations(sorted(by_id), 2) if _refer(by_id[pair[0]], by_id[pair[1]])}
    compared = [ExportedPair(a, b, compare(by_id[a], by_id[b], parameters)) for a, b in candidates]
    return [pair for pair in compared if pair.comparison.verdict != "different"]


def _refer(a: Features, b: Features) -> bool:
    return bool(a.refers_to(b.activity) or b.refers_to(a.activity))


def composed(events: Iterable[CloudEvent], handle_key: bytes, parameters: Parameters = PARAMETERS) -> list[str]:
    """The export of an event set by the domain's own functions."""
    events = list(events)
    activities = _activities(events)
    states = {name: state_of(current(activity.versions())) for name, activity in activities.items()}
    lines = {name: activity.lines() for name, activity in activities.items()}
    standing: set[ActivityId] = set()
    directory = _directory(events)
    features = []
    for name, activity in activities.items():
        version = current(activity.versions())
        if version is not None and version.kind == "reported":
            standing.add(name)
            if version.clear:
                clear = [transaction for transaction, is_clear in lines[name].values() if is_clear]
                features.append(features_of(activity.stated(version.stamp), clear, directory))
    pairs = _pairs(features, parameters)
    scored = [ScoredPair(pair.a, pair.b, pair.comparison.verdict, pair.comparison.score) for pair in pairs]
    mutual = promoted(scored, parameters)
    edges = [Edge(pair.score, pair.a, pair.b) for pair in scored if pair.verdict == "same" or pair[:2] in mutual]
    cannot = [(pair.a, pair.b) for pair in pairs if pair.comparison.verdict == "linked"]
    limits: dict[str, Any] = {"largest": parameters.largest_programme, "raised_lines": parameters.raised_lines}
    programmes = join(standing, edges, cannot, **limits).programmes
    home = {member: programme for programme in programmes for member in programme}

    findings = {found for programme in programmes for found in duplicates_within(programme)}
    findings |= {found for activity in activities.values() for found in activity.oddities()}
    for pair in pairs:
        if pair.comparison.verdict == "possibly-same":
            found = duplicate_between(pair.a, home[pair.a], pair.b, home[pair.b])
            findings |= {found} if found is not None else set()
    alone = [frozenset({name}) for name in activities if name not in home]
    entries: list[ExportedEntry] = []
    for programme in [*programmes, *alone]:
        living_lines = {
            _line(name, identity, *line): line[0].value.amount
            for name in programme
            for identity, line in lines[name].items()
        }
        decided = fates(living_lines, states)
        entries += [ExportedEntry(line, value, decided[line.key]) for line, value in living_lines.items()]
    return export_lines(handle_key=handle_key, programmes=programmes, pairs=pairs, entries=entries, findings=findings)


def _line(name: ActivityId, identity: str, transaction: Transaction, clear: bool) -> Line:
    return Line(
        activity=name,
        id=identity,
        type=transaction.type,
        amount=Decimal(transaction.value.amount),
        currency=transaction.value.currency,
        date=transaction.date,
        digest=line_digest(transaction),
        ref=transaction.ref,
        clear=clear,
    )
