"""One amount over country × line × goal: by the transaction's own country and sectors, else by the activity's."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import lcm
from types import MappingProxyType
from typing import Final, NamedTuple

from istmo_common.codelists import Share as DerivedShare
from istmo_common.codelists import goals_and_lines, place_of_country, place_of_region
from istmo_common.events.activities import ActivityReported
from istmo_common.events.transactions import RegionShare, SectorShare, Transaction
from istmo_registry.domain.money import EXACT

__all__ = ["NOT_STATED", "OUTSIDE", "Cell", "Split", "cells_of", "split"]

NOT_STATED: Final = "not-stated"
OUTSIDE: Final = "outside"
_TOLERANCE: Final = Fraction(1, 10)
_DAC: Final = ("1", "2")
"""Sector vocabularies: DAC 5-digit, DAC 3-digit. The first that is used governs."""

_Stated = tuple[tuple[str, str | None], ...]


class Cell(NamedTuple):
    """Where a share of money belongs.

    `place`: one of the seven countries, `regional`, `elsewhere` or `not-stated`. `line`, `goal`: a code, `outside` (it
    is for none of them) or `not-stated`.
    """

    place: str
    line: str
    goal: str


class Split(NamedTuple):
    """A part of an amount, never zero."""

    cell: Cell
    amount: Decimal


def cells_of(report: ActivityReported, transaction: Transaction | None = None) -> Mapping[Cell, Fraction]:
    """The shares, which sum to exactly 1, by which the money of `transaction` belongs to cells.

    Without a transaction: those of the activity as such.
    """
    return _cells(
        _places(report, transaction),
        _sectors(report, transaction),
        tuple((stated.code, stated.percentage) for stated in report.lines),
        tuple((stated.code, stated.percentage) for stated in report.goals),
    )


@lru_cache(maxsize=4096)
def _cells(places: _Stated, sectors: _Stated, lines: _Stated, goals: _Stated) -> Mapping[Cell, Fraction]:
    """Remembered, since the transactions of one activity mostly state the same."""
    joint = _derived(_shares(sectors))
    # A dimension that the report states stands by itself; one that is derived goes with the other's purpose.
    if lines:
        joint = _product(_shares(lines), _marginal(joint, 1))
    if goals:
        joint = _product(_marginal(joint, 0), _shares(goals))
    cells: dict[Cell, Fraction] = defaultdict(Fraction)
    for place, share in _shares(places).items():
        for (line, goal), portion in joint.items():
            if share and portion:
                cells[Cell(place, line, goal)] += share * portion
    return MappingProxyType(dict(sorted(cells.items())))


def split(amount: Decimal, cells: Mapping[Cell, Fraction], digits: int = 2) -> tuple[Split, ...]:
    """The amount over its cells, by largest remainder of its absolute value; the parts sum to exactly `amount`.

    Parts have the currency's `digits` after the point, or as many as the amount itself if those are more. Of equal
    remainders the smaller cell gets the unit.
    """
    exponent = amount.as_tuple().exponent
    places = max(digits, -exponent if isinstance(exponent, int) else 0)
    units = int(EXACT.scaleb(EXACT.abs(amount), places))
    # In whole numbers over one denominator, which is the same as in fractions, and much quicker.
    denominator = lcm(*(share.denominator for share in cells.values()))
    exact = {
        cell: divmod(units * share.numerator * (denominator // share.denominator), denominator)
        for cell, share in cells.items()
    }
    whole = {cell: part for cell, (part, _) in exact.items()}
    short = units - sum(whole.values())
    for cell in sorted(cells, key=lambda cell: (-exact[cell][1], cell))[:short]:
        whole[cell] += 1
    sign = -1 if amount < 0 else 1
    return tuple(
        Split(cell, EXACT.scaleb(Decimal(sign * part), -places)) for cell, part in sorted(whole.items()) if part
    )


def _shares(stated: _Stated) -> dict[str, Fraction]:
    """Stated percentages as shares of 1, with the rest under `not-stated`; one code alone needs no percentage.

    Within 0.1 of 100 they are taken for the whole. More than that cannot be read, and nothing is stated.
    """
    if len(stated) == 1 and stated[0][1] is None:
        return {stated[0][0]: Fraction(1)}
    portions: dict[str, Fraction] = defaultdict(Fraction)
    for code, percentage in stated:
        if percentage is not None:
            portions[code] += Fraction(percentage)
    total = sum(portions.values(), Fraction(0))
    if not total or total > 100 + _TOLERANCE:
        return {NOT_STATED: Fraction(1)}
    whole = total if total >= 100 - _TOLERANCE else Fraction(100)
    shares = {code: portion / whole for code, portion in portions.items() if portion}
    rest = 1 - sum(shares.values(), Fraction(0))
    return shares | ({NOT_STATED: rest} if rest else {})


def _places(report: ActivityReported, transaction: Transaction | None) -> _Stated:
    if transaction is not None and transaction.recipient_country is not None:
        return ((place_of_country(transaction.recipient_country.code), None),)
    if transaction is not None and transaction.recipient_region is not None:
        return ((_place(transaction.recipient_region), None),)
    vocabularies = {region.vocabulary for region in report.recipient_regions}
    # Regions in several vocabularies say the same again: the first one is read.
    regions = [region for region in report.recipient_regions if region.vocabulary == min(vocabularies)]
    countries = ((place_of_country(country.code), country.percentage) for country in report.recipient_countries)
    return (*countries, *((_place(region), region.percentage) for region in regions))


def _place(region: RegionShare) -> str:
    return place_of_region(region.code, region.vocabulary)


def _sectors(report: ActivityReported, transaction: Transaction | None) -> _Stated:
    """Shares by DAC code: the transaction's own, else the activity's."""
    own = _dac(transaction.sectors) if transaction is not None else []
    return tuple((sector.code, sector.percentage) for sector in own or _dac(report.sectors))


def _dac(sectors: Sequence[SectorShare]) -> list[SectorShare]:
    for vocabulary in _DAC:
        listed = [sector for sector in sectors if sector.vocabulary == vocabulary]
        if listed:
            return listed
    return []


def _derived(sectors: Mapping[str, Fraction]) -> dict[tuple[str, str], Fraction]:
    """Shares by (line, goal) that the visible table derives from those by DAC code."""
    joint: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for code, share in sectors.items():
        derivation = goals_and_lines(code)
        if code == NOT_STATED:
            joint[NOT_STATED, NOT_STATED] += share
        elif derivation is None:
            joint[OUTSIDE, OUTSIDE] += share
        else:
            for cell, portion in _product(_of_table(derivation.lines), _of_table(derivation.goals)).items():
                joint[cell] += share * portion
    return joint


def _of_table(shares: Iterable[DerivedShare]) -> dict[str, Fraction]:
    portions = {share.code: Fraction(share.percentage) / 100 for share in shares}
    rest = 1 - sum(portions.values(), Fraction(0))
    return portions | ({OUTSIDE: rest} if rest else {})


def _marginal(joint: Mapping[tuple[str, str], Fraction], dimension: int) -> dict[str, Fraction]:
    shares: dict[str, Fraction] = defaultdict(Fraction)
    for cell, share in joint.items():
        shares[cell[dimension]] += share
    return shares


def _product(lines: Mapping[str, Fraction], goals: Mapping[str, Fraction]) -> dict[tuple[str, str], Fraction]:
    return {(line, goal): one * other for line, one in lines.items() for goal, other in goals.items()}
