"""The frame as a table: the sums of each cell side by side, in the order of the codelists."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from istmo_common.codelists import GOALS, LINES, PARTNER_KINDS, PLACES
from istmo_registry.domain.money import exact_sum
from istmo_registry.domain.outcomes import Column, column_of
from istmo_registry.domain.splits import NOT_STATED, OUTSIDE

__all__ = ["UNKNOWN_KIND", "Cell", "FramePart", "FrameRow", "Sums", "frame_rows", "frame_totals"]

UNKNOWN_KIND: Final = "unknown"
"""The kind of a payer that nobody has told the directory about, or of one that no report names."""

_ORDERS: Final = {
    dimension: {code: place for place, code in enumerate(codes)}
    for dimension, codes in (
        ("country", (*PLACES, NOT_STATED)),
        ("line", (*LINES, OUTSIDE, NOT_STATED)),
        ("goal", (*GOALS, OUTSIDE, NOT_STATED)),
        ("kind", (*PARTNER_KINDS, UNKNOWN_KIND)),
    )
}


class Cell(NamedTuple):
    """A row of the frame."""

    currency: str
    year: int
    country: str
    line: str
    goal: str
    kind: str

    @property
    def place(self) -> tuple[object, ...]:
        """Its place in the table: codes stand in the order of their codelists, others behind them."""
        codes = ((name, getattr(self, name)) for name in _ORDERS)
        return (
            self.currency,
            self.year,
            *((_ORDERS[name].get(code, len(_ORDERS[name])), code) for name, code in codes),
        )


@dataclass(frozen=True, slots=True)
class FramePart:
    """A sum of lines of one transaction type in one cell, within or outside work that names CARSI."""

    cell: Cell
    type: str
    names_carsi: bool
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums by column, never added to one another; `received` is what was told as incoming."""

    committed: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)
    spent: Decimal = Decimal(0)
    pledged: Decimal = Decimal(0)
    received: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class FrameRow:
    """A cell with its sums, and with those of them that belong to work which names CARSI."""

    cell: Cell
    sums: Sums
    of_carsi: Sums


def frame_rows(parts: Iterable[FramePart]) -> list[FrameRow]:
    """One row for each cell with money in a column."""
    cells: dict[Cell, list[FramePart]] = defaultdict(list)
    for part in parts:
        if column_of(part.type) is not None:
            cells[part.cell].append(part)
    return [
        FrameRow(cell, _sums(listed), _sums(part for part in listed if part.names_carsi))
        for cell, listed in sorted(cells.items(), key=lambda item: item[0].place)
    ]


def frame_totals(parts: Iterable[FramePart]) -> dict[str, tuple[Sums, Sums]]:
    """By currency: all sums, and those of work that names CARSI."""
    currencies: dict[str, list[FramePart]] = defaultdict(list)
    for part in parts:
        currencies[part.cell.currency].append(part)
    return {
        currency: (_sums(listed), _sums(part for part in listed if part.names_carsi))
        for currency, listed in sorted(currencies.items())
    }


def _sums(parts: Iterable[FramePart]) -> Sums:
    amounts: dict[Column, list[Decimal]] = defaultdict(list)
    for part in parts:
        column = column_of(part.type)
        if column is not None:
            amounts[column].append(part.amount)
    return Sums(**{column: exact_sum(added) for column, added in amounts.items()})
