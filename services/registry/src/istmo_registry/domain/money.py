"""Exact sums: reported amounts have up to 36 digits, more than Python's decimals keep unless told."""

from collections.abc import Iterable
from decimal import Context, Decimal

__all__ = ["EXACT", "exact_sum"]

EXACT = Context(prec=120)
"""Digits enough for the sum of any number of amounts that a database can hold."""


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """The sum, to the last digit."""
    total = Decimal(0)
    for amount in amounts:
        total = EXACT.add(total, amount)
    return total
