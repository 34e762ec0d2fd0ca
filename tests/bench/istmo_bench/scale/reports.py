"""From what is told of a work to the events that a reporter sends: one for the activity, one for each transaction."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any, Final

from istmo_bench.scale.works import Party, Telling
from istmo_common.canonical import canonical_report
from istmo_common.events.envelope import CloudEvent

__all__ = ["activity_event", "payload", "transaction_events", "transactions"]

_RECORDED: Final = "2026-03-01T09:00:00Z"
_MEAN_FURTHER: Final = 4.5
_MOST: Final = 60
_OUTGOING: Final = ("2", "3")


def activity_event(telling: Telling, *, listed: bool) -> CloudEvent:
    """`activity.reported`, with its complete list of transactions where `listed`, else without."""
    stated = payload(telling) | ({"transactions": transactions(telling)} if listed else {})
    return _event(telling, "activity.reported", stated, "activity")


def transaction_events(telling: Telling) -> Iterator[CloudEvent]:
    """The same transactions, each by itself."""
    for number, stated in enumerate(transactions(telling)):
        own = {"transaction": stated | {"transaction_id": f"t{number}"}}
        about = {"reporter": telling.by.identifier, "activity": telling.activity}
        yield _event(telling, "transaction.reported", about | own, f"t{number}")


def _event(telling: Telling, type_: str, data: dict[str, Any], name: str) -> CloudEvent:
    return CloudEvent(
        id=f"{telling.activity}/{name}",
        source="/scale",
        type=type_,
        data=canonical_report(data),
        recorded_time=_RECORDED,
        partner="scale",
        standing="custodian",
    )


def payload(telling: Telling) -> dict[str, Any]:
    """The activity without its transactions."""
    by, federal = telling.by, telling.by.style == "federal"
    days = (telling.starts.isoformat(), telling.ends.isoformat())
    types = ("12", "34") if federal else ("2", "3") if by.style != "government" else ("1", "3")
    filled = {
        "reporter": by.identifier,
        "activity": telling.activity,
        "marking": {"tlp": "CLEAR"},
        "title": _title(telling),
        "reporter_names": [_narrative(by.named, by.language)],
        "reporter_type": by.type,
        "descriptions": [{"type": "1", "narratives": [_narrative(telling.told[by.language == "en"], by.language)]}],
        "status": "2" if telling.ends.year >= 2026 else "4",
        "participating_organisations": [
            _party("1", telling.funder),
            _party("4", telling.implementer),
            *([_party("2", (by.identifier, by.named)), _party("3", (by.identifier, by.named))] if federal else []),
        ],
        "dates": [{"type": kind, "date": day} for kinds, day in zip(types, days, strict=True) for kind in kinds],
        "recipient_countries": [] if federal else _countries(telling),
        "locations": [] if telling.located is None else [{"names": [_narrative(telling.located[0], "es")]}],
        "sectors": [] if federal else [{"code": telling.purpose, "vocabulary": "1", "percentage": "100"}],
        "related_activities": [{"type": kind, "activity": other} for kind, other in telling.refers],
    }
    return {name: value for name, value in filled.items() if value != []}


def _title(telling: Telling) -> list[dict[str, str]]:
    es, en = (title[: telling.cut].strip() for title in telling.title)
    both = [_narrative(es, "es"), _narrative(en, "en")]
    return both if telling.bilingual else [both[telling.by.language == "en"]]


def _countries(telling: Telling) -> list[dict[str, str]]:
    if len(telling.countries) == 1:
        return [{"code": telling.countries[0], "percentage": "100"}]
    return [{"code": code} for code in telling.countries]


def _party(role: str, party: Party) -> dict[str, Any]:
    identifier, name = party
    return {"role": role, "names": [{"text": name}]} | ({"identifier": identifier} if identifier else {})


def _narrative(text: str, language: str) -> dict[str, str]:
    return {"text": text, "language": language}


def transactions(telling: Telling) -> list[dict[str, Any]]:
    """Its transactions, five on average: they commit the work's amount, and pay it out piece by piece."""
    chance = Random(f"{telling.activity}/money")
    further = min(_MOST, int(chance.expovariate(1 / _MEAN_FURTHER)))
    cents = f"{telling.amount}.00" if chance.random() < 0.9 else f"{telling.amount}.{chance.randrange(10**9):09d}"
    stated = [_transaction(telling, "2", cents, 0)]
    for _ in range(further):
        part = telling.amount * chance.uniform(0.2, 1.0) / further
        amount = -part if chance.random() < 0.05 else part
        stated.append(_transaction(telling, "3", f"{amount:.2f}", chance.randrange(700)))
    return stated


def _transaction(telling: Telling, type_: str, amount: str, after: int) -> dict[str, Any]:
    day = (telling.starts + timedelta(days=after)).isoformat()
    stated: dict[str, Any] = {
        "type": type_,
        "ref": "Expense" if type_ == "3" else telling.activity[-12:],
        "date": day,
        "value": {"amount": amount, "currency": "USD", "value_date": day},
    }
    if telling.by.style == "federal":
        stated["recipient_country"] = {"code": telling.countries[0]}
        stated["sectors"] = [{"code": telling.purpose, "vocabulary": "1"}]
    return stated
