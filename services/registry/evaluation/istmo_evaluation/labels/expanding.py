"""From the short form to payloads of `activity.reported`, with the fields that such reporters really fill.

What each style states follows the rates of the real files (`data/README.md`): a federal report has its country and
purpose on its transactions only and says every date twice, a government's platform names donors without identifiers.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from istmo_evaluation.labels.source import Cluster, Organisation, ShortActivity

__all__ = ["identifier_of", "payload_of"]

_BOILERPLATE: Final = {
    "grant": "Includes grants and cooperative agreements whose main purpose is to transfer funds or goods.",
    "services": "Pays for work that another agency does and that no other class covers.",
    "equipment": "Includes contractual costs for upkeep and repair of security equipment.",
    "nodesc": "No description is available for this activity at this point.",
    "redacted": "Information redacted to protect those who carry out the work.",
}
_DATES: Final[Mapping[str, tuple[str, str]]] = {
    "federal": ("12", "34"),
    "iati": ("2", "3"),
    "planned": ("1", "3"),
    "bare": ("2", "3"),
    "aims": ("2", "4"),
}
_INCOMING: Final = frozenset({"1", "11"})
_NAMED_ONLY: Final = "~"
_IDENTIFIED: Final = "@"


def identifier_of(cluster: Cluster, letter: str) -> str:
    """The made-up identifier of an activity; it tells nothing of its cluster, except by a stated award."""
    activity = cluster.activities[letter]
    digest = hashlib.sha256(f"{cluster.name}/{letter}".encode()).hexdigest()
    number = int(digest[:10], 16) % 900_000 + 100_000
    award = f"{activity.award}-" if activity.award else ""
    return f"{activity.by.identifier}-{award}{number}"


def payload_of(cluster: Cluster, letter: str, organisations: Mapping[str, Organisation]) -> dict[str, Any]:
    """The payload, not yet validated, of one activity of `cluster`; keys without a value are left out."""
    return _Writer(cluster, cluster.activities[letter], organisations).payload()


@dataclass(frozen=True, slots=True)
class _Writer:
    cluster: Cluster
    activity: ShortActivity
    organisations: Mapping[str, Organisation]

    def payload(self) -> dict[str, Any]:
        activity, federal = self.activity, self.activity.by.style == "federal"
        filled = {
            "reporter": activity.by.identifier,
            "activity": identifier_of(self.cluster, activity.letter),
            "marking": {"tlp": "CLEAR"},
            "title": [_narrative(text, language) for language, text in activity.titles.items()],
            "reporter_names": [self._narrative(activity.by.names[activity.by.language], activity.by)],
            "reporter_type": activity.by.type,
            "descriptions": self._descriptions(),
            "status": "4" if activity.ends is not None and activity.ends.year < 2025 else "2",
            "participating_organisations": list(self._participants()),
            "other_identifiers": [{"identifier": code, "type": "A9"} for code in activity.codes],
            "dates": list(self._dates()),
            "recipient_countries": [] if federal else self._countries(),
            "locations": [{"names": [_narrative(place, activity.language)]} for place in activity.places],
            "sectors": [] if federal else self._sectors(),
            "related_activities": [self._related(stated) for stated in activity.related],
            "budgets": list(self._budgets()),
            "transactions": [self._transaction(stated) for stated in activity.money],
        }
        return {name: value for name, value in filled.items() if value not in ([], None)}

    def _descriptions(self) -> list[dict[str, Any]]:
        stated = self.activity.description
        if stated is None:
            return []
        return [{"type": "1", "narratives": [_narrative(stated.format(**_BOILERPLATE), self.activity.language)]}]

    def _participants(self) -> Iterator[dict[str, Any]]:
        by, stated = self.activity.by, [line.split(maxsplit=1) for line in self.activity.parties]
        roles = {role for role, _ in stated}
        own = {"federal": "1234", "iati": "1", "planned": "1"}.get(by.style, "")
        for role in own:
            # An own name in the implementing role comes without identifier, as in nearly all federal reports.
            if role not in roles:
                named = {"identifier": by.identifier} if role != "4" else {}
                yield {"role": role, "type": by.type, "names": [self._narrative(by.names[by.language], by)], **named}
        for role, party in stated:
            yield {"role": role, **self._party(party)}

    def _party(self, stated: str) -> dict[str, Any]:
        mark, named = stated[0], stated[1:].split()
        if mark not in (_IDENTIFIED, _NAMED_ONLY):
            return {"names": [_narrative(stated, self.activity.language)]}
        organisation = self.organisations[named[0]]
        party: dict[str, Any] = {
            "names": [_narrative(organisation.names[self.activity.language], self.activity.language)]
        }
        if mark == _IDENTIFIED:
            party |= {"identifier": organisation.identifier, "type": organisation.type}
        if len(named) > 1:
            party["activity"] = identifier_of(self.cluster, named[1])
        return party

    def _dates(self) -> Iterator[dict[str, str]]:
        for types, day in zip(_DATES[self.activity.by.style], (self.activity.starts, self.activity.ends), strict=True):
            if day is not None:
                yield from ({"type": type_, "date": day.isoformat()} for type_ in types)

    def _countries(self) -> list[dict[str, str]]:
        stated = [country.partition(":") for country in self.activity.countries]
        return [{"code": code} | ({"percentage": share} if share else {}) for code, _, share in stated]

    def _sectors(self) -> list[dict[str, str]]:
        whole = {"percentage": "100"} if len(self.activity.purposes) == 1 else {}
        return [{"code": code, "vocabulary": "1", **whole} for code in self.activity.purposes]

    def _related(self, stated: str) -> dict[str, str]:
        kind, letter = stated.split()
        return {"type": kind, "activity": identifier_of(self.cluster, letter)}

    def _budgets(self) -> Iterator[dict[str, Any]]:
        """A planner states what is committed as its budget."""
        activity = self.activity
        if activity.by.style != "planned" or activity.starts is None or activity.ends is None:
            return
        for line in activity.money:
            transaction = self._transaction(line)
            if transaction["type"] == "2":
                period = {"period_start": activity.starts.isoformat(), "period_end": activity.ends.isoformat()}
                yield period | {"value": transaction["value"]}

    def _transaction(self, stated: str) -> dict[str, Any]:
        """From "TYPE DATE AMOUNT [CURRENCY] [@ORGANISATION [LETTER]]"."""
        plain, _, party = stated.partition(_IDENTIFIED)
        kind, day, amount, *rest = plain.split()
        value = {"amount": amount, "currency": rest[0] if rest else self.activity.by.currency, "value_date": day}
        transaction: dict[str, Any] = {"type": kind, "date": day, "value": value}
        if party:
            transaction["provider" if kind in _INCOMING else "receiver"] = self._party(_IDENTIFIED + party)
        if self.activity.by.style == "federal":
            transaction |= self._federal(transaction)
        return transaction

    def _federal(self, transaction: Mapping[str, Any]) -> dict[str, Any]:
        """A federal line has its country and purpose, and one reference for all lines of the activity."""
        activity, by = self.activity, self.activity.by
        reference = hashlib.sha256(identifier_of(self.cluster, activity.letter).encode()).hexdigest()[:12].upper()
        own = {"identifier": by.identifier, "type": by.type, "names": [self._narrative(by.names["en"], by)]}
        return {
            "ref": reference,
            "receiver": transaction.get("receiver", own),
            "sectors": [{"code": code, "vocabulary": "1"} for code in activity.purposes],
            "recipient_country": {"code": activity.countries[0].partition(":")[0]},
        }

    @staticmethod
    def _narrative(text: str, organisation: Organisation) -> dict[str, str]:
        return _narrative(text, organisation.language)


def _narrative(text: str, language: str) -> dict[str, str]:
    return {"text": text, "language": language}
