"""Every cent has a fate."""

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from istmo_registry.domain.ids import ActivityId, TransactionKey
from istmo_registry.domain.ledger import COUNTED, Fate, Line, fates, measure_of
from istmo_registry.domain.money import exact_sum
from istmo_registry.domain.versions import ActivityState

A, B, OTHER = ActivityId("X", "a"), ActivityId("X", "b"), ActivityId("Y", "a")
STATES: dict[ActivityId, ActivityState] = {A: "standing", B: "standing", OTHER: "standing"}


def _line(activity: ActivityId, id: str, digest: str = "d", **fields: Any) -> Line:
    plain = Line(activity, id, "3", Decimal(5), "USD", date(2026, 1, 1), digest)
    return replace(plain, **fields)


def test_equal_line_in_another_activity_of_its_reporter_counts_once() -> None:
    """An award that one agency reports in two records is not added up twice, and the record that counts is named."""
    expected = {
        TransactionKey(A, "1"): COUNTED,
        TransactionKey(B, "1"): Fate("excluded", "equal-line", TransactionKey(A, "1")),
    }

    assert expected == fates([_line(B, "1"), _line(A, "1")], STATES)


def test_equal_lines_of_one_statement_are_separate() -> None:
    """Two equal payments in one record are two payments; what is beyond their number in another record counts too."""
    lines = [_line(A, "1"), _line(A, "2"), _line(B, "1"), _line(B, "2"), _line(B, "3")]
    expected = {
        TransactionKey(A, "1"): COUNTED,
        TransactionKey(A, "2"): COUNTED,
        TransactionKey(B, "1"): Fate("excluded", "equal-line", TransactionKey(A, "1")),
        TransactionKey(B, "2"): Fate("excluded", "equal-line", TransactionKey(A, "2")),
        TransactionKey(B, "3"): COUNTED,
    }

    assert expected == fates(lines, STATES)


def test_equal_lines_of_two_reporters_both_count() -> None:
    """Nothing is excluded on equal date and amount alone when two organisations say it."""
    assert {COUNTED} == set(fates([_line(A, "1"), _line(OTHER, "1")], STATES).values())


@pytest.mark.parametrize(
    ("line", "state", "reason"),
    [
        (_line(A, "1", clear=False, type="9"), "unknown", "before-activity"),
        (_line(A, "1", clear=False, type="9"), "standing", "restricted"),
        (_line(A, "1", type="9"), "standing", "type-not-counted"),
    ],
)
def test_reasons_and_their_precedence(line: Line, state: ActivityState, reason: str) -> None:
    """A line that is not counted says why, and the stronger reason goes first."""
    assert reason == fates([line], {A: state})[line.key].reason


def test_excluded_line_takes_no_equals_place() -> None:
    """A restricted payment does not push out an equal one that everybody may see."""
    lines = [_line(A, "1", clear=False), _line(B, "1")]

    assert COUNTED == fates(lines, STATES)[TransactionKey(B, "1")]


def test_measures() -> None:
    """Commitments, payments, spending and pledges are four sums; loan repayments and the like are in none."""
    expected = {"1": "paid", "2": "committed", "3": "paid", "4": "spent", "11": "committed", "13": "pledged", "6": None}

    assert expected == {code: measure_of(code) for code in expected}


_lines = st.lists(
    st.builds(
        _line,
        st.sampled_from([A, B, OTHER]),
        st.sampled_from("12345"),
        st.sampled_from("de"),
        type=st.sampled_from(["2", "3", "9"]),
        amount=st.decimals(-(10**24), 10**24, places=12),
        currency=st.sampled_from(["USD", "HNL"]),
        clear=st.booleans(),
    ),
    max_size=12,
    unique_by=lambda line: line.key,
)
_states = st.sampled_from([STATES, STATES | {A: "unknown"}])


@given(_lines, _states)
def test_counted_and_excluded_are_what_was_reported(lines: list[Line], states: dict[ActivityId, ActivityState]) -> None:
    """Per currency and type, counted and excluded together are the reported sum to the last of 36 digits."""
    decided = fates(lines, states)
    assert {line.key for line in lines} == decided.keys()

    for kind in {(line.currency, line.type) for line in lines}:
        of_kind = [line for line in lines if (line.currency, line.type) == kind]
        counted = exact_sum(line.amount for line in of_kind if decided[line.key].fate == "counted")
        excluded = exact_sum(line.amount for line in of_kind if decided[line.key].fate == "excluded")
        # Fractions are exact without being told a precision.
        assert sum((Fraction(line.amount) for line in of_kind), Fraction(0)) == Fraction(counted) + Fraction(excluded)


@given(_lines, _states)
def test_replacement_counts_and_replaces_one(lines: list[Line], states: dict[ActivityId, ActivityState]) -> None:
    """A line that yields names an equal one that counts, and none counts for two of the same record."""
    decided = fates(lines, states)
    by_key = {line.key: line for line in lines}
    replaced: Counter[tuple[ActivityId, TransactionKey]] = Counter()
    for key, fate in decided.items():
        if fate.replaced_by is not None:
            assert COUNTED == decided[fate.replaced_by]
            assert by_key[key].digest == by_key[fate.replaced_by].digest
            replaced[key.activity, fate.replaced_by] += 1

    assert not [pair for pair, times in replaced.items() if times > 1]


@given(_lines.flatmap(lambda lines: st.tuples(st.just(lines), st.permutations(lines))))
def test_order_of_lines_does_not_decide(orders: tuple[list[Line], list[Line]]) -> None:
    """Money has the same fate in whatever order it is read."""
    lines, shuffled = orders

    assert fates(lines, STATES) == fates(shuffled, STATES)


@given(_lines)
def test_largest_statement_of_an_equal_line_counts(lines: list[Line]) -> None:
    """Of one reporter's equal lines as many count as its fullest record has."""
    decided = fates(lines, STATES)
    eligible = [line for line in lines if line.clear and line.type != "9"]
    for reporter, digest in {(line.activity.reporter, line.digest) for line in eligible}:
        equals = [line for line in eligible if (line.activity.reporter, line.digest) == (reporter, digest)]
        fullest = max(Counter(line.activity for line in equals).values())
        assert fullest == sum(decided[line.key].fate == "counted" for line in equals)
