"""Reports without the help of identifiers: what is left is what two strangers' systems have in common."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from istmo_common.canonical import canonical_report
from istmo_common.events.activities import ActivityReported
from istmo_evaluation.judged import Corpus
from istmo_registry.domain.ids import ActivityId

__all__ = ["Masked", "mask"]

_SALT: Final = "istmo masked"


class Masked:
    """A corpus with opaque identifiers, and what each activity is called in it."""

    def __init__(self, corpus: Corpus) -> None:
        self.names: Mapping[ActivityId, ActivityId] = {name: _masked_name(name) for name in corpus}
        by_text = {name.activity: masked.activity for name, masked in self.names.items()}
        masked = (_masked(report, by_text) for report in corpus.values())
        # The order is that of the new identifiers, so that nothing of the old order is left.
        self.corpus: Corpus = dict(sorted((ActivityId(one.reporter, one.activity), one) for one in masked))


def mask(corpus: Corpus) -> Masked:
    """Make opaque: activity identifiers (they keep their reporter), references to them, other identifiers, refs.

    References still resolve, and equal references of one activity stay equal; those of two activities never are. The
    same for the references of transactions and places. Texts stay as they are, with whatever codes they hold.
    """
    return Masked(corpus)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join((_SALT, *parts)).encode()).hexdigest()[:20]


def _masked_name(name: ActivityId) -> ActivityId:
    return ActivityId(name.reporter, f"{name.reporter}-{_digest(*name)}")


def _masked(report: ActivityReported, names: Mapping[str, str]) -> ActivityReported:
    payload: dict[str, Any] = report.model_dump(mode="json", exclude_none=True)
    own = ActivityId(report.reporter, report.activity)

    def opaque(text: str) -> str:
        return _digest(*own, text)

    def reference(text: str) -> str:
        return names.get(text) or opaque(text)

    payload["activity"] = _masked_name(own).activity
    for stated in (*payload["related_activities"], *_parties(payload)):
        if "activity" in stated:
            stated["activity"] = reference(stated["activity"])
    for other in payload["other_identifiers"]:
        other["identifier"] = reference(other["identifier"])
    for located in payload["locations"]:
        if "ref" in located:
            located["ref"] = opaque(located["ref"])
    for transaction in payload.get("transactions", ()):
        for key in transaction.keys() & {"ref", "transaction_id"}:
            transaction[key] = opaque(transaction[key])
    return ActivityReported.model_validate_json(canonical_report(payload))


def _parties(payload: dict[str, Any]) -> list[dict[str, Any]]:
    moved = [*payload.get("transactions", ()), *payload["planned_disbursements"]]
    sides = [line[side] for line in moved for side in ("provider", "receiver") if side in line]
    return [*payload["participating_organisations"], *sides]
