"""What is published of a programme."""

from datetime import date
from decimal import Decimal
from typing import Any

from istmo_common.disclosure import PUBLIC, Custody, Reader
from istmo_common.events.activities import ActivityReported
from istmo_common.events.transactions import Transaction
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.ledger import COUNTED, Fate, Line
from istmo_registry.domain.outcomes import Member, column_of, outcome_of, share_of, side_of


def _member(reporter: str, activity: str, *lines: Transaction, **fields: Any) -> Member:
    plain = {"reporter": reporter, "activity": activity, "marking": {"tlp": "CLEAR"}, "title": [{"text": reporter}]}
    return Member(ActivityReported.model_validate(plain | fields), lines)


def _line(type: str, amount: str, currency: str = "USD") -> Line:
    return Line(ActivityId("X", "a"), f"{type} {amount}", type, Decimal(amount), currency, date(2026, 1, 1), "d")


def test_totals_by_measure_and_currency() -> None:
    """Committed, paid, spent and pledged are never added, nor currencies, and what came in stands apart."""
    counted = [
        _line("2", "5"),
        _line("3", "1.10"),
        _line("3", "-0.10"),
        _line("3", "7", "HNL"),
        _line("1", "9"),
        _line("11", "9"),
    ]
    entries = [*((line, COUNTED) for line in counted), (_line("4", "3"), Fate("excluded", "equal-line"))]
    outcome = outcome_of("p-1", [_member("X", "a")], entries)

    assert [("committed", "USD", "5"), ("paid", "HNL", "7"), ("paid", "USD", "1.00"), ("received", "USD", "9")] == [
        (total.measure, total.currency, total.amount) for total in outcome.totals
    ]


def test_only_outgoing_lines_have_a_measures_column() -> None:
    """An incoming commitment is in no column, since it would be money told twice."""
    assert [None, "received", "committed"] == [column_of(code) for code in ("11", "1", "2")]


def test_programme_is_composed_from_its_members() -> None:
    """Title of the smallest record, every organisation, every country and goal of any of them or of their money."""
    paid = Transaction.model_validate(
        {
            "type": "3",
            "date": "2026-01-01",
            "value": {"amount": "5", "currency": "USD"},
            "recipient_country": {"code": "GT"},
            "sectors": [{"code": "15137"}],
        }
    )
    second = _member("Y", "b", goals=[{"code": "5"}], recipient_countries=[{"code": "HN"}, {"code": "MX"}])
    first = _member("X", "a", paid, participating_organisations=[{"role": "4", "identifier": "Z"}, {"role": "4"}])
    outcome = outcome_of("p-1", [second, first], [])

    assert ["X", "Y"] == [member.reporter for member in outcome.members]
    assert "X" == outcome.title[0].text
    assert ("X", "Y", "Z") == outcome.organisations
    assert (("GT", "HN", "MX"), ("2",), ("3", "5")) == (outcome.countries, outcome.lines, outcome.goals)


def test_label_of_restricted_work_admits_its_reporter_alone() -> None:
    """A restricted record is published for the partner that reports it, and for nobody else."""
    outcome = outcome_of("p-1", [_member("X", "a", marking={"tlp": "AMBER"})], [])
    reporter, other = (Reader("p", Custody(owned=frozenset({name}))) for name in ("X", "Y"))

    assert [True, False, False] == [outcome.label.label().admits(reader) for reader in (reporter, other, PUBLIC)]


def test_side_of_a_finding_names_its_members() -> None:
    """An alert can say which records of the other side it is about, and link to their programme."""
    members = [_member("X", "b"), _member("X", "a", recipient_regions=[{"code": "1032"}])]
    side = side_of("p-1", {member.name: share_of(member) for member in members})

    assert (["a", "b"], "p-1", ("regional",)) == (
        [member.activity for member in side.members],
        side.programme,
        side.countries,
    )
