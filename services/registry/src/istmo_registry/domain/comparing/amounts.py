"""Money: sums that agree, and records of one award that complete each other."""

from collections.abc import Iterator
from typing import Final

from istmo_registry.domain.comparing.observation import Observation
from istmo_registry.domain.data import read_data
from istmo_registry.domain.prepared import Money, Prepared

__all__ = ["in_dollars", "observe_amounts", "observe_own_money"]

_EQUAL: Final = 1.000001
_NEAR: Final = 1.02
_CLOSE: Final = 1.1
_UNLIKE: Final = 2.0
_FAR: Final = 8.0
_CONVERTED: Final = 1.12
_SETTLED: Final = 0.9
_TELLING_AMOUNT: Final = 100
_ROUND_DIGITS: Final = 2
_UNITS_PER_USD: Final[dict[str, float]] = read_data("currencies.json")["units_per_usd"]


def observe_amounts(a: Prepared, b: Prepared) -> Iterator[Observation]:
    """What two reporters' money shows: the sums of one currency that agree best, else sums at a rough rate."""
    best: tuple[float, float, str] | None = None
    for currency in sorted(a.money.keys() & b.money.keys()):
        for one in a.money[currency].told:
            for two in b.money[currency].told:
                ratio = one / two if one > two else two / one
                if best is None or ratio < best[0]:
                    best = ratio, one, currency
    if best is not None:
        yield from _agreeing(*best)
    elif a.money and b.money and _roughly_equal(a, b):
        yield Observation("amount-converted")
    lines = sorted(line for line in a.amounts & b.amounts if not _is_round(float(line.split()[1])))
    if len(lines) > 1:
        yield Observation("lines-shared", {"amount": lines[0]})
    # A work of one line has the sum that its line has: that is one fact, not two.
    elif lines and (best is None or best[0] > _EQUAL):
        yield Observation("line-shared", {"amount": lines[0]})


def _agreeing(ratio: float, amount: float, currency: str) -> Iterator[Observation]:
    told = {"amount": f"{amount:,.0f} {currency}"}
    if ratio <= _EQUAL:
        yield Observation("amount-equal-round" if _is_round(amount) else "amount-equal", told)
    elif ratio <= _NEAR:
        yield Observation("amount-near", told)
    elif ratio <= _CLOSE:
        yield Observation("amount-close", told)
    elif ratio > _FAR:
        yield Observation("amount-far")
    elif ratio > _UNLIKE:
        yield Observation("amount-unlike")


def _is_round(amount: float) -> bool:
    """Whether an amount has at most two digits that are not zeros at its end: many works cost a million."""
    whole = f"{abs(amount):.2f}".rstrip("0").rstrip(".")
    return amount < _TELLING_AMOUNT or ("." not in whole and len(whole.rstrip("0")) <= _ROUND_DIGITS)


def _roughly_equal(a: Prepared, b: Prepared) -> bool:
    ours, theirs = _all_in_dollars(a), _all_in_dollars(b)
    return any(max(one, two) / min(one, two) <= _CONVERTED for one in ours for two in theirs)


def _all_in_dollars(work: Prepared) -> list[float]:
    stated = [in_dollars(sum_, currency) for currency, sums in sorted(work.money.items()) for sum_ in sums.told]
    return [sum_ for sum_ in stated if sum_ is not None]


def in_dollars(amount: float, currency: str) -> float | None:
    """An amount at one rough rate for all years; None for a currency that has none."""
    units = _UNITS_PER_USD.get(currency)
    return None if units is None else amount / units


def observe_own_money(a: Prepared, b: Prepared) -> Iterator[Observation]:
    """What two records of one reporter show: do they complete each other, or is each an account of its own?"""
    shared = sorted(a.money.keys() & b.money.keys())
    if not shared:
        return
    one, two = a.money[shared[0]], b.money[shared[0]]
    if _corrects(one, two) or _corrects(two, one):
        yield Observation("money-corrects")
    elif _completes(one, two) or _completes(two, one):
        committed = one.commits or two.commits
        paid = two.pays if one.commits else one.pays
        equal = max(committed, paid) <= _NEAR * min(committed, paid)
        yield Observation("money-mirrored" if equal else "money-completes")
    elif _settles(one) and _settles(two):
        yield Observation("money-apart")


def _completes(one: Money, two: Money) -> bool:
    """Whether one commits what the other pays."""
    return one.commits > 0 and one.pays == 0 and two.pays > 0 and two.commits == 0


def _corrects(one: Money, two: Money) -> bool:
    """Whether one only takes back."""
    return one.commits + one.pays < 0 and one.commits <= 0 and one.pays <= 0 and two.commits + two.pays > 0


def _settles(one: Money) -> bool:
    """Whether one pays what it commits."""
    return one.commits > 0 and one.pays >= _SETTLED * one.commits
