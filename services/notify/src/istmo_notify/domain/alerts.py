"""Alerts: findings, each written for one recipient from what that recipient may see."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from istmo_common.canonical import canonical_report, kafka_key
from istmo_common.catalogue import LANGUAGES, Language, text
from istmo_common.codelists import GOALS
from istmo_common.disclosure import Marked, Reader, disclose
from istmo_common.events.outcomes import FindingKind, FindingRaised, FindingSide
from istmo_notify.domain.filters import Facets
from istmo_notify.domain.programmes import activity_key
from istmo_notify.domain.views import Change, Told
from istmo_notify.domain.wording import countries, in_language, named

__all__ = ["Alert", "AlertState", "Words", "alert_id", "change", "compose", "concerned", "sides_of", "succeed"]

AlertState = Literal["raised", "updated", "cleared"]
Words = Mapping[Language, Told]
"""An alert in each language."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert as it stands. `told` is empty once it is cleared; `revision` counts what its recipient was told."""

    id: str
    kind: FindingKind
    state: AlertState
    revision: int
    told: Words

    def farewell(self) -> bytes:
        """What is told when it no longer holds: nothing of the records that it was about."""
        return canonical_report({"id": self.id, "kind": self.kind})


def alert_id(finding: str, recipient: str) -> str:
    """The name of the one alert of a finding for a recipient."""
    digest = hashlib.sha256(kafka_key(finding, recipient)).digest()
    return "a-" + base64.b32encode(digest).decode().lower()[:26]


def concerned(finding: FindingRaised) -> tuple[str, ...]:
    """The organisations whose partners hear of a finding."""
    return (finding.reporter,) if finding.other is None else (finding.reporter, finding.other)


def sides_of(finding: FindingRaised) -> tuple[Marked[FindingSide], ...]:
    """The sides of a finding, each behind the label that says who may read of it."""
    return tuple(Marked(side, side.label.label()) for side in finding.sides)


def compose(finding: FindingRaised, reader: Reader, recipient: str) -> Words | None:
    """The alert of `finding` for `reader`, in each language; None where one side is not for that reader's eyes.

    The recipient's own side comes first.
    """
    sides = []
    for marked in sides_of(finding):
        side = disclose(marked, reader)
        if side is None:
            return None
        sides.append(side)
    sides.sort(key=lambda side: not reader.reports_for(side.members[0].reporter))
    facets = Facets(
        frozenset(code for side in sides for code in side.countries),
        frozenset(code for side in sides for code in side.goals),
        frozenset(member.reporter for side in sides for member in side.members),
    )
    mentions = frozenset(activity_key(member) for side in sides for member in side.members)
    name = alert_id(finding.key, recipient)
    return {
        language: Told(canonical_report(_worded(name, finding, sides, language)), facets, mentions)
        for language in LANGUAGES
    }


def succeed(
    previous: Alert | None, finding: str, recipient: str, kind: FindingKind, told: Words | None
) -> Alert | None:
    """The alert after what it should say became `told` (None: nothing). It is `previous` where nothing changed."""
    stood = previous is not None and previous.state != "cleared"
    revision = 1 if previous is None else previous.revision + 1
    name = alert_id(finding, recipient)
    if told is None:
        return Alert(name, kind, "cleared", revision, {}) if stood else previous
    if previous is None or not stood:
        return Alert(name, kind, "raised", revision, told)
    return previous if previous.told == told else Alert(name, kind, "updated", revision, told)


def change(previous: Alert | None, current: Alert, language: Language) -> Change:
    """The step from one state of an alert to the next, in one language."""
    before = None if previous is None else previous.told.get(language)
    return Change("alert", current.id, before, current.told.get(language), current.farewell())


def _worded(id: str, finding: FindingRaised, sides: list[FindingSide], language: Language) -> dict[str, Any]:
    values = {}
    for role, side in zip(("own", "other"), sides, strict=False):
        values[f"{role}_title"] = in_language(side.title, language)
        values[f"{role}_reporter"] = side.members[0].reporter
        values[f"{role}_activity"] = side.members[0].activity
    return {
        "id": id,
        "kind": finding.kind,
        "heading": text(f"alert.{finding.kind}.heading", language),
        "summary": text(f"alert.{finding.kind}.summary", language, **values),
        "advice": text(f"alert.{finding.kind}.advice", language, **values),
        "reasons": [evidence.es if language == "es" else evidence.en for evidence in finding.evidence],
        "score": finding.score,
        "sides": [_side(side, language) for side in sides],
    }


def _side(side: FindingSide, language: Language) -> dict[str, Any]:
    return {
        "reporter": side.members[0].reporter,
        "activities": [member.activity for member in side.members],
        "title": in_language(side.title, language),
        "programme": side.programme,
        "countries": countries(side.countries, language),
        "goals": named(GOALS, side.goals, language),
    }
