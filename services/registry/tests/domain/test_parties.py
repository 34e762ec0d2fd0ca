"""Whom a report names."""

import json
from typing import Any

import pytest

from istmo_common.events.activities import ActivityReported
from istmo_common.events.transactions import Transaction
from istmo_registry.domain.parties import home_of, parties_of


def _line(clear: bool, **fields: Any) -> tuple[Transaction, bool]:
    plain = {"type": "3", "date": "2026-01-01", "value": {"amount": "5", "currency": "USD"}}
    return Transaction.model_validate(plain | fields), clear


def _report(**fields: Any) -> ActivityReported:
    plain = {"reporter": "XA", "activity": "a", "marking": {"tlp": "CLEAR"}, "title": [{"text": "Title"}]}
    return ActivityReported.model_validate(plain | fields)


def test_everybody_is_counted_by_role_name_and_readers() -> None:
    """A name stands once for each role in which it is given, with how often; what is restricted stands apart."""
    zafiro = {"names": [{"text": "Cuerpo Zafiro"}]}
    report = _report(participating_organisations=[{"role": "1", **zafiro}, {"role": "1", **zafiro}])
    parties = json.loads(parties_of(report, [_line(True, provider=zafiro), _line(False, provider=zafiro)]))

    assert [
        ["1", None, ["Cuerpo Zafiro"], True, 2, None],
        ["provider", None, ["Cuerpo Zafiro"], False, 1, None],
        ["provider", None, ["Cuerpo Zafiro"], True, 1, None],
        ["reporting", "XA", [], True, 1, None],
    ] == parties


@pytest.mark.parametrize(
    ("fields", "lines", "home"),
    [
        ({}, [], None),
        ({"recipient_countries": [{"code": "hn"}]}, [], "HN"),
        ({"recipient_countries": [{"code": "HN"}]}, [{"recipient_country": {"code": "HN"}}], "HN"),
        ({}, [{"recipient_country": {"code": "GT"}}, {}], "GT"),
        ({"recipient_countries": [{"code": "HN"}, {"code": "GT"}]}, [], None),
        ({"recipient_countries": [{"code": "HN"}]}, [{"recipient_country": {"code": "GT"}}], None),
        ({"recipient_countries": [{"code": "HN"}], "recipient_regions": [{"code": "489"}]}, [], None),
        ({"recipient_countries": [{"code": "HN"}]}, [{"recipient_region": {"code": "489"}}], None),
    ],
)
def test_home(fields: dict[str, Any], lines: list[dict[str, Any]], home: str | None) -> None:
    """A report is at home where all of it works, if that is one country."""
    assert home == home_of(_report(**fields), [_line(True, **line)[0] for line in lines])


def test_a_restricted_line_says_of_no_home() -> None:
    """Where a restricted line works shows in nothing that is told of the names beside it."""
    report = _report(recipient_countries=[{"code": "HN"}])
    abroad = {"recipient_country": {"code": "GT"}}

    assert ["HN"] == [told[5] for told in json.loads(parties_of(report, [_line(False, **abroad)]))]
    assert [None] == [told[5] for told in json.loads(parties_of(report, [_line(True, **abroad)]))]
