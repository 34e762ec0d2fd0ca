"""The parameters of matching: committed as data, handed to whatever decides by them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from istmo_registry.domain.data import read_data

__all__ = ["PARAMETERS", "Observed", "Parameters"]


class Observed(NamedTuple):
    """What an observation weighs, in log-odds (base 2): between two reporters, and within one; and of which field."""

    field: str
    between: Decimal
    within: Decimal


@dataclass(frozen=True, eq=False)
class Parameters:
    """All that decides about pairs besides the reports themselves. A change of them is a rebuild.

    `carrier_limit`: a blocking key with more current carriers is dead; of some kinds (`carrier_limits`) it is so
    sooner. `observations`: by name. `same_line`, `possible_line`: the smallest scores of these verdicts between two
    reporters; `same_line_within`, `possible_line_within`: within one. `link_line`: the smallest that a link which
    nobody stated needs, but for what tells its two works apart; where a text tells of it, `told_link_line` (between two
    reporters; `told_link_line_within` one). `mutual_line`, `mutual_gap`: a pair of two reporters from this score on is
    the same where each is the other's best by at least the gap. `largest_programme`: above so many members the line
    rises to the first of `raised_lines` at which pieces fit.
    """

    version: str
    carrier_limit: int
    carrier_limits: Mapping[str, int]
    observations: Mapping[str, Observed]
    same_line: Decimal
    same_line_within: Decimal
    possible_line: Decimal
    possible_line_within: Decimal
    link_line: Decimal
    told_link_line: Decimal
    told_link_line_within: Decimal
    mutual_line: Decimal
    mutual_gap: Decimal
    largest_programme: int
    raised_lines: tuple[Decimal, ...]

    def most_carriers(self, key: str) -> int:
        """How many may carry a blocking key while it is alive."""
        return min(self.carrier_limit, self.carrier_limits.get(key.partition(":")[0], self.carrier_limit))

    @cached_property
    def between(self) -> Mapping[str, Decimal]:
        """The weight of each observation of a pair of two reporters."""
        return {name: observed.between for name, observed in self.observations.items()}

    @cached_property
    def within(self) -> Mapping[str, Decimal]:
        """The weight of each observation of a pair of one reporter."""
        return {name: observed.within for name, observed in self.observations.items()}


def _load() -> Parameters:
    stated = read_data("parameters.json")
    observations = {
        name: Observed(field, *(Decimal(weight or 0) for weight in weights))
        for field, named in stated["observations"].items()
        for name, weights in named.items()
    }
    return Parameters(
        version=stated["version"],
        carrier_limit=stated["carrier_limit"],
        carrier_limits=MappingProxyType(stated["carrier_limits"]),
        observations=MappingProxyType(observations),
        same_line=Decimal(stated["same_line"][0]),
        same_line_within=Decimal(stated["same_line"][1]),
        possible_line=Decimal(stated["possible_line"][0]),
        possible_line_within=Decimal(stated["possible_line"][1]),
        link_line=Decimal(stated["link_line"]),
        told_link_line=Decimal(stated["told_link_line"][0]),
        told_link_line_within=Decimal(stated["told_link_line"][1]),
        mutual_line=Decimal(stated["mutual_line"]),
        mutual_gap=Decimal(stated["mutual_gap"]),
        largest_programme=stated["largest_programme"],
        raised_lines=tuple(Decimal(line) for line in stated["raised_lines"]),
    )


PARAMETERS = _load()
"""The committed parameters."""
