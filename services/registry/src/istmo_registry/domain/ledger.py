"""The fate of every reported line of money: counted, or excluded with a reason."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from istmo_registry.domain.ids import ActivityId, TransactionKey
from istmo_registry.domain.versions import ActivityState

__all__ = ["COUNTED", "Fate", "Line", "Measure", "Reason", "fates", "measure_of"]

Measure = Literal["committed", "paid", "spent", "pledged"]
Reason = Literal["before-activity", "restricted", "type-not-counted", "equal-line"]

_MEASURES: Final[dict[str, Measure]] = {
    "1": "paid",
    "2": "committed",
    "3": "paid",
    "4": "spent",
    "11": "committed",
    "13": "pledged",
}


def measure_of(type: str) -> Measure | None:
    """The measure of an IATI transaction type; None: it is not counted. Measures are never added to one another."""
    return _MEASURES.get(type)


@dataclass(frozen=True, slots=True)
class Line:
    """A living transaction. `clear`: neither its activity nor what states it is restricted; `digest`: `line_digest`."""

    activity: ActivityId
    id: str
    type: str
    amount: Decimal
    currency: str
    date: date
    digest: str
    ref: str | None = None
    clear: bool = True

    @property
    def key(self) -> TransactionKey:
        """What names the line."""
        return TransactionKey(self.activity, self.id)


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a line. `replaced_by` names a line that counts."""

    fate: Literal["counted", "excluded"]
    reason: Reason | None = None
    replaced_by: TransactionKey | None = None


COUNTED: Final = Fate("counted")


def fates(lines: Iterable[Line], states: Mapping[ActivityId, ActivityState]) -> dict[TransactionKey, Fate]:
    """The fates of the lines of one programme (or of one activity that was never reported), given its members' states.

    One reporter's lines add up, except one equal in every field in another of its activities in the programme: of the
    i-th copies of an equal line the smallest activity's counts. Equal lines within one activity are separate.
    """
    result: dict[TransactionKey, Fate] = {}
    eligible: dict[tuple[str, str], dict[ActivityId, list[TransactionKey]]] = defaultdict(lambda: defaultdict(list))
    for line in sorted(lines, key=lambda line: line.key):
        reason = _reason(line, states[line.activity])
        if reason is not None:
            result[line.key] = Fate("excluded", reason)
        else:
            eligible[line.activity.reporter, line.digest][line.activity].append(line.key)
    for equals in eligible.values():
        counting: list[TransactionKey] = []
        for copies in equals.values():
            for copy, first in zip(copies, counting, strict=False):
                result[copy] = Fate("excluded", "equal-line", first)
            for copy in copies[len(counting) :]:
                result[copy] = COUNTED
                counting.append(copy)
    return result


def _reason(line: Line, state: ActivityState) -> Reason | None:
    if state == "unknown":
        return "before-activity"
    if not line.clear:
        return "restricted"
    return None if measure_of(line.type) is not None else "type-not-counted"
