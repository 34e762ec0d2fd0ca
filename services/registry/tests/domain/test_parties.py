"""Whom a report names."""

import json
from typing import Any

from istmo_common.events.activities import ActivityReported
from istmo_common.events.transactions import Transaction
from istmo_registry.domain.parties import parties_of


def _line(clear: bool, **fields: Any) -> tuple[Transaction, bool]:
    plain = {"type": "3", "date": "2026-01-01", "value": {"amount": "5", "currency": "USD"}}
    return Transaction.model_validate(plain | fields), clear


def test_everybody_is_counted_by_role_name_and_readers() -> None:
    """A name stands once for each role in which it is given, with how often; what is restricted stands apart."""
    zafiro = {"names": [{"text": "Cuerpo Zafiro"}]}
    report = ActivityReported.model_validate(
        {
            "reporter": "XA",
            "activity": "a",
            "marking": {"tlp": "CLEAR"},
            "title": [{"text": "Title"}],
            "participating_organisations": [{"role": "1", **zafiro}, {"role": "1", **zafiro}],
        }
    )
    parties = json.loads(parties_of(report, [_line(True, provider=zafiro), _line(False, provider=zafiro)]))

    assert [
        ["1", None, ["Cuerpo Zafiro"], True, 2],
        ["provider", None, ["Cuerpo Zafiro"], False, 1],
        ["provider", None, ["Cuerpo Zafiro"], True, 1],
        ["reporting", "XA", [], True, 1],
    ] == parties
