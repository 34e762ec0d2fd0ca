"""The parameters of matching: committed as data, handed to whatever decides by them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from istmo_registry.domain.data import read_data

__all__ = ["PARAMETERS", "Parameters"]


@dataclass(frozen=True, slots=True)
class Parameters:
    """All that decides about pairs besides the reports themselves. A change of them is a rebuild.

    `carrier_limit`: a blocking key with more current carriers is dead. `weights`: log-odds (base 2) by the name of what
    was observed. `same_line`, `possible_line`: smallest scores of these verdicts. `near_title`, `like_title`: smallest
    likeness of titles, 0 to 100, that count as nearly equal and as alike. `near_days`, `far_days`: starts that are at
    most so many days apart count as near, those more than so many as far.
    """

    version: str
    carrier_limit: int
    weights: Mapping[str, Decimal]
    same_line: Decimal
    possible_line: Decimal
    near_title: Decimal
    like_title: Decimal
    near_days: int
    far_days: int


def _load() -> Parameters:
    stated = read_data("parameters.json")
    return Parameters(
        version=stated["version"],
        carrier_limit=stated["carrier_limit"],
        weights=MappingProxyType({name: Decimal(weight) for name, weight in stated["weights"].items()}),
        same_line=Decimal(stated["same_line"]),
        possible_line=Decimal(stated["possible_line"]),
        near_title=Decimal(stated["near_title"]),
        like_title=Decimal(stated["like_title"]),
        near_days=stated["near_days"],
        far_days=stated["far_days"],
    )


PARAMETERS = _load()
"""The committed parameters."""
