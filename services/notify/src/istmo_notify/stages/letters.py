"""The event `alert.composed` of an alert as it now stands."""

import json
from typing import Any

from istmo_common.canonical import canonical_report, kafka_key
from istmo_notify.domain.world import AlertChanged
from istmo_notify.store.outbox import Letter

__all__ = ["letter_of"]


def letter_of(changed: AlertChanged, traceparent: str | None) -> Letter:
    """The letter that tells the topic `alerts`; `traceparent` is the trace that it belongs to."""
    alert = changed.alert
    data: dict[str, Any] = {
        "id": alert.id,
        "finding": changed.finding,
        "recipient": changed.recipient,
        "kind": alert.kind,
        "state": alert.state,
        "revision": alert.revision,
    }
    data |= {language: json.loads(told.data) for language, told in alert.told.items()}
    return Letter(
        topic="alerts",
        key=kafka_key(changed.finding, changed.recipient),
        type="alert.composed",
        event=f"{alert.id}:{alert.revision}",
        value=canonical_report(data),
        traceparent=traceparent,
    )
