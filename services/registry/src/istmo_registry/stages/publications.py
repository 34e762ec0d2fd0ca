"""The events that a resolution publishes, each with the version of its key."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from istmo_common.canonical import canonical_report
from istmo_common.events.envelope import CloudEvent
from istmo_common.events.outcomes import FindingCleared, FindingRaised, ProgrammeChanged, ProgrammeOutcome
from istmo_common.events.values import Statement
from istmo_registry.store.findings import FindingRow
from istmo_registry.store.outbox import Publication

__all__ = ["Publisher", "spelled"]

_SOURCE = "/istmo/registry"


def spelled(statement: Statement, *, without: set[str] | None = None) -> str:
    """Canonical JSON of what an event states."""
    return canonical_report(statement.whole(without=without)).decode()


@dataclass(frozen=True, slots=True)
class Publisher:
    """Puts together publications. `recorded_time` is stamped on them; nothing is decided by it."""

    recorded_time: str

    def programme(self, handle: str, version: int, outcome: ProgrammeOutcome, traceparent: str | None) -> Publication:
        """`programme.changed`, under the handle of the programme's smallest member."""
        changed = ProgrammeChanged(version=version, outcomes=(outcome,))
        return self.publication("programmes", handle, "programme.changed", version, changed, traceparent)

    def no_programme(self, handle: str, version: int, traceparent: str | None) -> Publication:
        """The tombstone of a programme that is absorbed or stands no more."""
        headers = {"ce_version": str(version)}
        return Publication("programmes", handle.encode(), headers, None, version, traceparent)

    def raised(self, content: FindingRaised, version: int, traceparent: str | None) -> Publication:
        """`finding.raised`, with this version."""
        finding = content.model_copy(update={"version": version})
        return self.publication("findings", finding.key, "finding.raised", version, finding, traceparent)

    def cleared(self, row: FindingRow, traceparent: str | None) -> Publication:
        """`finding.cleared`, from the finding's row with the new version."""
        cleared = FindingCleared.model_validate(
            {"key": row.key, "kind": row.kind, "version": row.version, "reporter": row.reporter, "other": row.other}
        )
        return self.publication("findings", row.key, "finding.cleared", row.version, cleared, traceparent)

    def stored_programme(self, handle: str, version: int, outcome: str | None) -> Publication:
        """What the row of a programme says, once more: its outcome as stored, None for the tombstone."""
        if outcome is None:
            return self.no_programme(handle, version, None)
        return self.programme(handle, version, ProgrammeOutcome.read(outcome), None)

    def stored_finding(self, row: FindingRow) -> Publication:
        """What the row of a finding says, once more."""
        if row.content is None:
            return self.cleared(row, None)
        content = FindingRaised.model_validate(json.loads(row.content) | {"version": row.version}, extra="allow")
        return self.raised(content, row.version, None)

    def publication(
        self,
        topic: str,
        key: str,
        type: str,
        version: int,
        data: Statement,
        traceparent: str | None,
        id: str | None = None,
    ) -> Publication:
        """The event `type` with all of `data`, as this version of its key. Its `id` is made of these, or given."""
        digest = hashlib.sha256(f"{topic} {key}".encode()).hexdigest()[:32]
        event = CloudEvent(
            id=f"{digest}:{version}" if id is None else id,
            source=_SOURCE,
            type=type,
            data=spelled(data).encode(),
            recorded_time=self.recorded_time,
        )
        headers: Mapping[str, str] = {name: text.decode() for name, text in event.headers()}
        return Publication(
            topic, key.encode(), {**headers, "ce_version": str(version)}, event.data, version, traceparent
        )
