"""What partners report during a fault: all of it made from a seed."""

import random
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Final

__all__ = ["OWNERS", "Report", "requests_of"]

OWNERS: Final = {"faults-a": "XF-A", "faults-b": "XF-B"}
"""The partners that report, and the organisation that each owns."""

_PLACES: Final = ("GT", "HN", "SV", "CR", "PA")
_HONDURAS: Final = [{"code": "HN", "percentage": "100"}]
_WRONG_DATE: Final = [{"type": "2", "date": "2026-02-31"}]


@dataclass(frozen=True)
class Report:
    """An event as `partner` posts it (None: with a key that is none), and what `history.Sent` says of it.

    `again`: where the answer leaves its fate open, it is sent until it is known.
    """

    partner: str | None
    mark: str
    event: dict[str, Any]
    alone: bool
    again: bool

    @property
    def activity(self) -> str:
        """The identifier of its activity."""
        return str(self.event["data"]["activity"])


def requests_of(rng: random.Random) -> Iterator[Sequence[Report]]:
    """Requests without end, one after the other: one report, or several in a batch, never two of one activity."""
    made = _Reports(rng)
    while True:
        group: list[Sequence[Report]] = [[made.alone()] for _ in range(5)]
        batch = [*(made.alone("faults-a") for _ in range(4)), made.refused("faults-a")]
        group += [batch, [made.refused("faults-b")], [made.of_a_stranger()]]
        story = made.story()
        group += [[report] for report in story[:2]]
        rng.shuffle(group)
        yield from group
        # In their order: what contradicts, changes or withdraws comes after what it is about.
        yield from ([report] for report in story[2:])


class _Reports:
    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._run = self._word(6)
        self._numbers = count(1)

    def alone(self, partner: str | None = None) -> Report:
        """A report that nothing resembles, some with a payment. By this partner, or any."""
        report = self._report(partner or self._rng.choice([*OWNERS]), f"{self._word(9)} {self._word(9)}", alone=True)
        if self._rng.random() < 0.3:
            value = {"amount": f"{self._rng.randrange(100, 10_000_000) / 100:.2f}", "currency": "USD"}
            report.event["data"]["transactions"] = [{"type": "3", "date": "2026-01-31", "value": value}]
        return replace(report, again=self._rng.random() < 0.6)

    def refused(self, partner: str) -> Report:
        """A report of a day that the calendar does not have."""
        report = self.alone(partner)
        report.event["data"]["dates"] = _WRONG_DATE
        return report

    def of_a_stranger(self) -> Report:
        """A report with a key that nobody has."""
        return replace(self.alone(), partner=None)

    def story(self) -> list[Report]:
        """Two partners report the same work; then other content under the first id, and at times the second changes."""
        title = f"{self._word(8)} {self._word(8)} {self._word(8)}"
        one, other = (self._report(partner, title, alone=False) for partner in OWNERS)
        for twin in (one, other):
            # Equal titles: the mark is in the id instead.
            twin.event["id"] += twin.mark
            twin.event["data"] |= {"title": [{"text": title, "language": "es"}], "recipient_countries": _HONDURAS}
        contradiction = self._report("faults-a", f"{title} {self._word(7)}", alone=False)
        contradiction.event["id"] = one.event["id"]
        contradiction.event["data"]["activity"] = one.activity
        later = self._report("faults-b", self._word(9), alone=False)
        later.event["data"]["activity"] = other.activity
        if self._rng.random() < 0.3:
            later.event["type"] = "activity.withdrawn"
            later.event["id"] += later.mark
            later.event["data"] = {"reporter": OWNERS["faults-b"], "activity": other.activity}
        return [one, other, contradiction, later] if self._rng.random() < 0.5 else [one, other, contradiction]

    def _report(self, partner: str, title: str, *, alone: bool) -> Report:
        mark, number = f"q{self._word(10)}q", next(self._numbers)
        data = {
            "reporter": OWNERS[partner],
            "activity": f"{OWNERS[partner]}-{self._run}-{number}",
            "marking": {"tlp": "CLEAR"},
            "title": [{"text": f"{title} {mark}", "language": "es"}],
            "recipient_countries": [{"code": self._rng.choice(_PLACES), "percentage": "100"}],
        }
        event = {
            "specversion": "1.0",
            "id": f"{self._run}-{number}",
            "source": "/faults",
            "type": "activity.reported",
            "data": data,
        }
        return Report(partner, mark, event, alone, again=True)

    def _word(self, length: int) -> str:
        return "".join(self._rng.choices(string.ascii_lowercase, k=length))
