"""From a set of events to the lines of the export."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable
from itertools import combinations
from typing import Any

from istmo_common.events.envelope import CloudEvent
from istmo_common.events.transactions import Transaction
from istmo_oracle.activities import Activity, activities_of
from istmo_oracle.organisations import directory_of
from istmo_oracle.programmes import Pair, pairs_of, programmes_of
from istmo_oracle.reports import reports_that_count
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.parameters import PARAMETERS, Parameters

__all__ = ["fold"]

COUNTED_TYPES = {"1", "2", "3", "4", "11", "13"}
LONGEST_FINDING_KEY = 500

Line = dict[str, Any]
Ordered = tuple[tuple[str, ...], Line]


def fold(events: Iterable[CloudEvent], handle_key: bytes, parameters: Parameters = PARAMETERS) -> list[str]:
    """The lines of the export, in order, that the registry must come to from `events` in whatever order they came."""
    events = list(events)
    activities = activities_of(reports_that_count(events))
    pairs = pairs_of(activities, directory_of(events), parameters)
    programmes = programmes_of(activities, pairs, parameters)

    ordered: list[Ordered] = []
    ordered += _entries(activities, programmes)
    ordered += _findings(activities, programmes, pairs)
    for pair in pairs:
        score = f"{pair.comparison.score:.4f}"
        together = any(pair.a in programme and pair.b in programme for programme in programmes)
        told = "same" if together else pair.comparison.verdict
        verdict = {"verdict": told, "kind": pair.comparison.kind, "score": score}
        ordered.append((("pair", *pair.a, *pair.b), {"a": _named(pair.a), "b": _named(pair.b), **verdict}))
    for programme in programmes:
        smallest = min(programme)
        members = [_named(member) for member in sorted(programme)]
        ordered.append((("programme", *smallest), {"id": _handle(handle_key, smallest), "members": members}))

    ordered.sort(key=lambda entry: [text.encode() for text in entry[0]])
    return [_json({"type": key[0], **line}) for key, line in ordered]


def _entries(activities: list[Activity], programmes: list[set[ActivityId]]) -> list[Ordered]:
    entries: list[Ordered] = []
    for activity in activities:
        for identity, living in activity.transactions.items():
            transaction = living.transaction
            reason, replaced_by = _exclusion(activity, identity, activities, programmes)
            line = {
                "transaction": {**_named(activity.id), "id": identity, "ref": transaction.ref},
                "transaction_type": transaction.type,
                "value": transaction.value.amount,
                "currency": transaction.value.currency,
                "date": transaction.date.isoformat(),
                "fate": "counted" if reason is None else "excluded",
                "reason": reason,
                "replaced_by": replaced_by,
            }
            entries.append((("entry", *activity.id, identity), line))
    return entries


def _exclusion(
    activity: Activity, id: str, activities: list[Activity], programmes: list[set[ActivityId]]
) -> tuple[str | None, Line | None]:
    """Why a transaction is not counted (None: it is), and what counts in its stead."""
    living = activity.transactions[id]
    if not activity.reported:
        return "before-activity", None
    if not living.clear:
        return "restricted", None
    if living.transaction.type not in COUNTED_TYPES:
        return "type-not-counted", None
    programme = next(programme for programme in programmes if activity.id in programme)
    if len(programme) == 1:
        return None, None
    place = _equals(activity, living.transaction).index(id)
    for other in activities:
        if other.id in programme and other.id.reporter == activity.id.reporter and other.id < activity.id:
            equals = _equals(other, living.transaction)
            if place < len(equals):
                return "equal-line", {**_named(other.id), "id": equals[place]}
    return None, None


def _equals(activity: Activity, transaction: Transaction) -> list[str]:
    """The ids of the CLEAR transactions of an activity that are equal to this one in every field, in order."""
    told = _fields(transaction)
    return sorted(
        identity
        for identity, living in activity.transactions.items()
        if living.clear and _fields(living.transaction) == told
    )


def _fields(transaction: Transaction) -> Line:
    return transaction.model_dump(exclude={"marking"})


def _findings(activities: list[Activity], programmes: list[set[ActivityId]], pairs: list[Pair]) -> list[Ordered]:
    noticed: set[tuple[str, str, str | None, tuple[ActivityId, ...]]] = set()
    for activity in activities:
        if activity.reported and activity.newest_is_clear:
            if activity.contradicted:
                noticed.add(("id-conflict", activity.id.reporter, None, (activity.id,)))
            if activity.has_older_report:
                noticed.add(("older-report", activity.id.reporter, None, (activity.id,)))

    home = {member: programme for programme in programmes for member in programme}
    suspects = [(a, b) for programme in programmes for a, b in combinations(sorted(programme), 2)]
    suspects += [
        (pair.a, pair.b)
        for pair in pairs
        if pair.comparison.verdict == "possibly-same" and home[pair.a] is not home[pair.b]
    ]
    for a, b in suspects:
        if a.reporter != b.reporter:
            sides = sorted(min(one for one in home[side] if one.reporter == side.reporter) for side in (a, b))
            noticed.add(("possible-duplicate", sides[0].reporter, sides[1].reporter, tuple(sides)))

    findings: list[Ordered] = []
    for kind, reporter, other, members in noticed:
        key = _json([kind, reporter, other, *members])
        if len(key) > LONGEST_FINDING_KEY:
            key = "sha256:" + hashlib.sha256(key.encode()).hexdigest()
        line = {"kind": kind, "reporter": reporter, "other": other, "sides": members}
        findings.append((("finding", key), line))
    return findings


def _named(id: ActivityId) -> dict[str, str]:
    return {"reporter": id.reporter, "activity": id.activity}


def _handle(handle_key: bytes, id: ActivityId) -> str:
    digest = hmac.new(handle_key, _json(id).encode(), hashlib.sha256).digest()
    return "p-" + base64.b32encode(digest).decode()[:26].lower()


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
