"""An amount over places, lines and goals, to the last cent."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from istmo_common.events.activities import ActivityReported
from istmo_common.events.transactions import Transaction
from istmo_registry.domain.money import exact_sum
from istmo_registry.domain.splits import NOT_STATED, OUTSIDE, Cell, Split, cells_of, split


def _report(**fields: Any) -> ActivityReported:
    plain = {"reporter": "X", "activity": "a", "marking": {"tlp": "CLEAR"}, "title": [{"text": "Safe streets"}]}
    return ActivityReported.model_validate(plain | fields)


def _line(**fields: Any) -> Transaction:
    return Transaction.model_validate(
        {"type": "3", "date": "2026-01-01", "value": {"amount": "5", "currency": "USD"}} | fields
    )


def _places(report: ActivityReported, line: Transaction | None = None) -> dict[str, Fraction]:
    shares: dict[str, Fraction] = {}
    for cell, share in cells_of(report, line).items():
        shares[cell.place] = shares.get(cell.place, Fraction(0)) + share
    return shares


def _shares(**percentages: str | None) -> list[dict[str, Any]]:
    return [{"code": code} | ({"percentage": share} if share else {}) for code, share in percentages.items()]


def test_one_country_needs_no_percentage() -> None:
    """A work in one country is wholly there."""
    assert {"HN": 1} == _places(_report(recipient_countries=_shares(HN=None)))


def test_several_countries_without_percentages_are_not_guessed() -> None:
    """Money of a work in two countries that states no shares is not stated anywhere."""
    assert {NOT_STATED: 1} == _places(_report(recipient_countries=_shares(HN=None, GT=None)))


def test_percentages_below_the_whole_leave_a_rest() -> None:
    """What the percentages leave open stays open."""
    expected = {"HN": Fraction(60, 100), NOT_STATED: Fraction(40, 100)}

    assert expected == _places(_report(recipient_countries=_shares(HN="60")))


def test_rounded_percentages_are_the_whole() -> None:
    """Three thirds written 33.3, 33.3 and 33.4, or 33.33 each, are all of it."""
    thirds = _places(_report(recipient_countries=_shares(HN="33.33", GT="33.33", SV="33.33")))

    assert {"HN": Fraction(1, 3), "GT": Fraction(1, 3), "SV": Fraction(1, 3)} == thirds


def test_percentages_beyond_the_whole_say_nothing() -> None:
    """Shares that sum to 150 cannot be read."""
    assert {NOT_STATED: 1} == _places(_report(recipient_countries=_shares(HN="75", GT="75")))


def test_region_and_elsewhere_are_places() -> None:
    """Work for Central America as a whole and work in other countries are rows of their own."""
    report = _report(recipient_countries=_shares(MX="50"), recipient_regions=[{"code": "1032", "percentage": "50"}])

    assert {"elsewhere": Fraction(1, 2), "regional": Fraction(1, 2)} == _places(report)


def test_transactions_own_country_governs_its_money() -> None:
    """A payment that names its country lies there, whatever the activity's percentages are."""
    report = _report(recipient_countries=_shares(HN="50", GT="50"))

    assert {"SV": 1} == _places(report, _line(recipient_country={"code": "SV"}))
    assert {"HN": Fraction(1, 2), "GT": Fraction(1, 2)} == _places(report, _line())


def test_purpose_gives_lines_and_goals_together() -> None:
    """Prisons are capacity of justice for strong governments; a well is outside the goals."""
    report = _report(recipient_countries=_shares(HN=None), sectors=_shares(**{"15137": "75", "14030": "25"}))
    expected = {Cell("HN", "2", "3"): Fraction(3, 4), Cell("HN", OUTSIDE, OUTSIDE): Fraction(1, 4)}

    assert expected == cells_of(report)


def test_five_digits_go_before_three() -> None:
    """A report that classifies twice is read once, by the finer list; other vocabularies are not read at all."""
    sectors = [
        {"code": "151", "vocabulary": "2"},
        {"code": "15137", "vocabulary": "1"},
        {"code": "x", "vocabulary": "99"},
    ]

    assert [Cell(NOT_STATED, "2", "3")] == list(cells_of(_report(sectors=sectors)))
    assert [Cell(NOT_STATED, "2", "3")] == list(cells_of(_report(sectors=sectors[2:]), _line(sectors=sectors[1:])))
    assert [Cell(NOT_STATED, NOT_STATED, NOT_STATED)] == list(cells_of(_report(sectors=sectors[2:])))


def test_stated_goals_go_before_derived_ones() -> None:
    """A partner's own statement of goal 5 stands; its lines are still derived."""
    report = _report(sectors=_shares(**{"15137": None}), goals=_shares(**{"5": None}))

    assert [Cell(NOT_STATED, "2", "5")] == list(cells_of(report))


_cells = st.dictionaries(
    st.builds(
        Cell, st.sampled_from(["HN", "GT", "regional"]), st.sampled_from(["1", "2"]), st.sampled_from(["3", "5"])
    ),
    st.integers(1, 997),
    min_size=1,
).map(lambda weights: {cell: Fraction(weight, sum(weights.values())) for cell, weight in weights.items()})


@given(st.decimals(-(10**24), 10**24, places=12) | st.decimals(-100, 100, places=2), _cells, st.integers(0, 3))
def test_parts_sum_to_the_amount(amount: Decimal, cells: dict[Cell, Fraction], digits: int) -> None:
    """No cent is lost or made by splitting, negative amounts included, and no part is off by more than a unit."""
    parts = split(amount, cells, digits)
    unit = Fraction(1, 10**digits)

    assert amount == exact_sum(part.amount for part in parts)
    assert all(abs(Fraction(part.amount) - Fraction(amount) * cells[part.cell]) < unit for part in parts)
    assert all(part.amount * amount > 0 for part in parts)


def test_largest_remainder_takes_the_cent() -> None:
    """Of ten cents in thirds, the first cell gets the odd one; a correction mirrors the payment."""
    cells = {Cell(place, "1", "1"): Fraction(1, 3) for place in ("GT", "HN", "SV")}
    expected = [Decimal("0.04"), Decimal("0.03"), Decimal("0.03")]

    assert expected == [part.amount for part in split(Decimal("0.10"), cells)]
    assert [-part for part in expected] == [part.amount for part in split(Decimal("-0.10"), cells)]


def test_small_amount_reaches_only_some_cells() -> None:
    """A cent is not split into nothings."""
    cells = {Cell("HN", "1", "1"): Fraction(2, 3), Cell("GT", "1", "1"): Fraction(1, 3)}

    assert (Split(Cell("HN", "1", "1"), Decimal("0.01")),) == split(Decimal("0.01"), cells)


_portions = st.lists(st.sampled_from(["0", "10", "33.3", "50", "66.7", "100"]) | st.none(), max_size=3)


@given(_portions, _portions, _portions)
def test_shares_are_always_the_whole(countries: list[Any], sectors: list[Any], goals: list[Any]) -> None:
    """Whatever percentages a report states, all of its money is somewhere in the table."""
    report = _report(
        recipient_countries=_shares(**dict(zip(("HN", "GT", "MX"), countries, strict=False))),
        sectors=_shares(**dict(zip(("15137", "14030", "15130"), sectors, strict=False))),
        goals=_shares(**dict(zip(("1", "5", "2"), goals, strict=False))),
    )

    assert 1 == sum(cells_of(report).values())
