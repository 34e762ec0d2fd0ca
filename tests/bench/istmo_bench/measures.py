"""What a benchmark found, and how it is told: a table for people, JSON for programs."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

__all__ = ["Measure", "percentile", "show", "write"]


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure of the platform beside that of its bare form, both in `unit`.

    `goal` is the ratio to be reached, where there is no bare form the value: at least, or at most where
    `lower_is_better`. None where the figure is only told.
    """

    name: str
    value: float
    reference: float | None
    unit: str
    goal: float | None = None
    lower_is_better: bool = False

    @classmethod
    def of_rounds(
        cls, name: str, rounds: Iterable[tuple[float, float]], unit: str, goal: float | None = None, **options: bool
    ) -> "Measure":
        """The medians of rounds in which the platform and its bare form took turns: (value, reference) each."""
        values, references = zip(*rounds, strict=True)
        return cls(name, median(values), median(references), unit, goal, **options)

    @property
    def ratio(self) -> float | None:
        """Value by reference."""
        return None if self.reference is None else self.value / self.reference

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None without a goal."""
        if self.goal is None:
            return None
        reached = self.value if self.ratio is None else self.ratio
        return reached <= self.goal if self.lower_is_better else reached >= self.goal

    def as_json(self) -> dict[str, Any]:
        """The measure with the names that programs know."""
        return {
            "name": self.name,
            "value": self.value,
            "reference": self.reference,
            "ratio": self.ratio,
            "goal": self.goal,
            "met": self.met,
            "unit": self.unit,
        }


def percentile(values: Iterable[float], percent: float) -> float:
    """The value below which `percent` of `values` lie (nearest rank). Raises ValueError for none."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("nothing was measured")
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def write(measures: Iterable[Measure], path: Path) -> None:
    """Keep the measures as a JSON list."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([measure.as_json() for measure in measures], indent=1) + "\n")


def show(measures: Iterable[Measure]) -> None:
    """Print the table."""
    table = Table("measure", "unit", *("value", "bare", "ratio", "goal", "met"), box=None)
    for measure in measures:
        sign = "≤" if measure.lower_is_better else "≥"
        table.add_row(
            measure.name,
            measure.unit,
            _figure(measure.value),
            _figure(measure.reference),
            "" if measure.ratio is None else f"{measure.ratio:.2f}",
            "" if measure.goal is None else f"{sign} {measure.goal:g}",
            {None: "", True: "yes", False: "no"}[measure.met],
        )
    Console(width=120).print(table)


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
