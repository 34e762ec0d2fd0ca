"""Made-up partners, programmes and findings, and the records that carry them, for the tests of notify."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final

from istmo_common.disclosure import Label, Marking, Tlp
from istmo_common.events.envelope import CloudEvent
from istmo_common.events.outcomes import (
    ActivityName,
    Evidence,
    FindingCleared,
    FindingRaised,
    FindingSide,
    LabelStatement,
    MeasureTotal,
    ProgrammeChanged,
    ProgrammeMember,
    ProgrammeOutcome,
)
from istmo_common.events.values import Narrative
from istmo_common.kafka.batches import Partition, RawRecord
from istmo_common.kafka.producer import Outgoing
from istmo_common.partners import PartnerRecord

__all__ = [
    "ADMIN_KEY",
    "ADMIN_KEY_SHA256",
    "CLEAR_LABEL",
    "authorization",
    "cleared",
    "duplicate",
    "oddity",
    "outcome",
    "partner",
    "record",
    "red",
    "sent_finding",
    "sent_partner",
    "sent_programme",
    "side",
]

Name = tuple[str, str]

ADMIN_KEY: Final = "the-operators-own"
ADMIN_KEY_SHA256: Final = hashlib.sha256(ADMIN_KEY.encode()).hexdigest()
CLEAR_LABEL: Final = LabelStatement()


def red(*reporters: str) -> LabelStatement:
    """The label of what these reporters marked RED."""
    return LabelStatement.of(Label.of(*(Marking(Tlp.RED, reporter) for reporter in reporters)))


def authorization(partner_id: str) -> dict[str, str]:
    """The header by which a partner of `partner` is known."""
    return {"Authorization": f"Bearer istmo_{partner_id}_secret-of-{partner_id}"}


def partner(id: str, *owns: str, version: int = 1, **stated: Any) -> PartnerRecord:
    """A partner that owns these organisations; its key is that of `authorization`."""
    key = {"id": "k1", "sha256": hashlib.sha256(f"secret-of-{id}".encode()).hexdigest()}
    fields = {"name": id, "kind": "civil-society", "language": "es", "keys": [key]} | stated
    return PartnerRecord.model_validate({"id": id, "owns": owns, "version": version} | fields)


def outcome(
    handle: str,
    *members: Name,
    title: str = "Patrullas conjuntas",
    label: LabelStatement = CLEAR_LABEL,
    countries: Sequence[str] = ("HN",),
    goals: Sequence[str] = ("1",),
) -> ProgrammeOutcome:
    """A programme as those see it whom `label` admits, with a title in Spanish and one in English."""
    titles = (Narrative(text=title, language="es"), Narrative(text=f"{title} (en)", language="en"))
    return ProgrammeOutcome(
        label=label,
        id=handle,
        title=titles,
        members=tuple(ProgrammeMember(reporter=r, activity=a, title=titles) for r, a in members),
        organisations=tuple(sorted({reporter for reporter, _ in members})),
        countries=tuple(countries),
        lines=("3",),
        goals=tuple(goals),
        totals=(MeasureTotal(measure="committed", currency="USD", amount="125000.50"),),
    )


def side(
    *members: Name,
    title: str = "Patrullas conjuntas",
    label: LabelStatement = CLEAR_LABEL,
    countries: Sequence[str] = ("HN",),
) -> FindingSide:
    """One side of a finding."""
    return FindingSide(
        members=tuple(ActivityName(reporter=r, activity=a) for r, a in members),
        title=(Narrative(text=title, language="es"), Narrative(text=f"{title} (en)", language="en")),
        programme=f"p-{members[0][1]}",
        countries=tuple(countries),
        goals=("1",),
        label=label,
    )


def duplicate(version: int, one: FindingSide, other: FindingSide, *, score: str = "9.5000") -> FindingRaised:
    """A possible duplicate between the reporters of two sides, in order."""
    a, b = one.members[0], other.members[0]
    stated = ["possible-duplicate", a.reporter, b.reporter, [a.reporter, a.activity], [b.reporter, b.activity]]
    return FindingRaised(
        key=json.dumps(stated, separators=(",", ":")),
        kind="possible-duplicate",
        version=version,
        reporter=a.reporter,
        other=b.reporter,
        sides=(one, other),
        score=score,
        evidence=(Evidence(field="title", weight="4.2", es="Los títulos son iguales.", en="The titles are equal."),),
    )


def oddity(version: int, kind: Any, of: FindingSide) -> FindingRaised:
    """An `id-conflict` or `older-report` about one activity."""
    name = of.members[0]
    key = json.dumps([kind, name.reporter, None, [name.reporter, name.activity]], separators=(",", ":"))
    return FindingRaised(key=key, kind=kind, version=version, reporter=name.reporter, sides=(of,))


def cleared(finding: FindingRaised, version: int) -> FindingCleared:
    """What had been noticed no longer holds."""
    return FindingCleared(
        key=finding.key, kind=finding.kind, version=version, reporter=finding.reporter, other=finding.other
    )


def sent_programme(key: str, version: int, *outcomes: ProgrammeOutcome, traceparent: str | None = None) -> Outgoing:
    """The record of a programme at a version; without outcomes the tombstone of one that was absorbed."""
    if not outcomes:
        return Outgoing("programmes", key.encode(), None, (("ce_version", str(version).encode()),))
    changed = ProgrammeChanged(version=version, outcomes=outcomes)
    return _sent("programmes", key, f"{key}:{version}", "programme.changed", changed.model_dump_json(), traceparent)


def sent_finding(finding: FindingRaised | FindingCleared, *, traceparent: str | None = None) -> Outgoing:
    """The record of a finding."""
    kind = "finding.raised" if isinstance(finding, FindingRaised) else "finding.cleared"
    name = f"{hashlib.sha256(finding.key.encode()).hexdigest()}:{finding.version}"
    return _sent("findings", finding.key, name, kind, finding.model_dump_json(), traceparent)


def sent_partner(stated: PartnerRecord) -> Outgoing:
    """The record of a partner."""
    name = f"{stated.id}:{stated.version}"
    return _sent("partners", stated.id, name, "partner.changed", stated.model_dump_json(), None)


def record(sent: Outgoing, offset: int = 0) -> RawRecord:
    """The record as it stands in the log."""
    return RawRecord(Partition(sent.topic, 0), offset, sent.key, sent.value, sent.headers, 0)


def _sent(topic: str, key: str, id: str, type: str, data: str, traceparent: str | None) -> Outgoing:
    event = CloudEvent(
        id=id,
        source="/istmo/registry",
        type=type,
        data=data.encode(),
        recorded_time="2026-01-31T12:00:00.000000Z",
        traceparent=traceparent,
    )
    return Outgoing.of(topic, key.encode(), event)
