"""What a purpose code says about goals and lines: the visible table, read."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from istmo_common.codelists.lists import read_rows

__all__ = ["DERIVATIONS", "Derivation", "Share", "goals_and_lines"]


@dataclass(frozen=True, slots=True)
class Share:
    """A goal or line with its percentage (0 to 100) of what the purpose is spent on."""

    code: str
    percentage: Decimal


@dataclass(frozen=True, slots=True)
class Derivation:
    """The split that a purpose code stands for. What the shares leave of 100 belongs to no goal, or to no line."""

    goals: tuple[Share, ...]
    lines: tuple[Share, ...]


def _shares(cell: str) -> tuple[Share, ...]:
    parts = (part.split(":") for part in cell.split())
    return tuple(Share(code, Decimal(percentage)) for code, percentage in parts)


def _derivations() -> dict[str, Derivation]:
    read = {row["code"]: Derivation(_shares(row["goals"]), _shares(row["lines"])) for row in read_rows("purposes")}
    return {code: derivation for code, derivation in read.items() if derivation.goals or derivation.lines}


DERIVATIONS: Final[Mapping[str, Derivation]] = MappingProxyType(_derivations())
"""The table: by DAC purpose code (5 digits) or sector (3 digits). Goal 5 is stated, never derived."""


def goals_and_lines(purpose_code: str) -> Derivation | None:
    """The split derived from a DAC code, or None where it is outside the goals."""
    return DERIVATIONS.get(purpose_code)
