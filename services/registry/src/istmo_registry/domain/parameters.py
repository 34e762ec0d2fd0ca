"""The parameters of matching: committed as data, handed to whatever decides by them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from istmo_registry.domain.data import read_data

__all__ = ["PARAMETERS", "PairParameters", "Parameters"]


@dataclass(frozen=True, eq=False)
class PairParameters:
    """What pairs of two reporters are judged by, or pairs of one.

    `weights`: of each observation, in log-odds (base 2). `same_line`, `possible_line`: the smallest scores of these
    verdicts. `told_link_line`: the smallest that a link needs which nobody stated but a text tells of.
    """

    weights: Mapping[str, Decimal]
    same_line: Decimal
    possible_line: Decimal
    told_link_line: Decimal


@dataclass(frozen=True, eq=False)
class Parameters:
    """All that decides about pairs besides the reports themselves. A change of them is a rebuild.

    `carrier_limit`: a blocking key with more current carriers is dead; of some kinds (`carrier_limits`) it is so
    sooner. `fields`: of which field each observation is. `between`, `within`: what holds between two reporters, and
    within one. `link_line`: the smallest score that a link needs of which neither a reference nor a text tells, but for
    what tells its two works apart. `mutual_line`, `mutual_gap`: a pair of two reporters from this score on is the same
    where each is the other's best by at least the gap. `largest_programme`: above so many members the line rises to the
    first of `raised_lines` at which pieces fit.
    """

    version: str
    carrier_limit: int
    carrier_limits: Mapping[str, int]
    fields: Mapping[str, str]
    between: PairParameters
    within: PairParameters
    link_line: Decimal
    mutual_line: Decimal
    mutual_gap: Decimal
    largest_programme: int
    raised_lines: tuple[Decimal, ...]

    def most_carriers(self, key: str) -> int:
        """How many may carry a blocking key while it is alive."""
        return min(self.carrier_limit, self.carrier_limits.get(key.partition(":")[0], self.carrier_limit))

    def of_pairs(self, *, one_reporter: bool) -> PairParameters:
        """What pairs of one reporter, or of two, are judged by."""
        return self.within if one_reporter else self.between


def _load() -> Parameters:
    stated = read_data("parameters.json")
    observations = stated["observations"]
    weights = {name: both for named in observations.values() for name, both in named.items()}
    between, within = (
        PairParameters(
            weights={name: Decimal(both[side] or 0) for name, both in weights.items()},
            same_line=Decimal(stated["same_line"][side]),
            possible_line=Decimal(stated["possible_line"][side]),
            told_link_line=Decimal(stated["told_link_line"][side]),
        )
        for side in (0, 1)
    )
    return Parameters(
        version=stated["version"],
        carrier_limit=stated["carrier_limit"],
        carrier_limits=MappingProxyType(stated["carrier_limits"]),
        fields=MappingProxyType({name: field for field, named in observations.items() for name in named}),
        between=between,
        within=within,
        link_line=Decimal(stated["link_line"]),
        mutual_line=Decimal(stated["mutual_line"]),
        mutual_gap=Decimal(stated["mutual_gap"]),
        largest_programme=stated["largest_programme"],
        raised_lines=tuple(Decimal(line) for line in stated["raised_lines"]),
    )


PARAMETERS = _load()
"""The committed parameters."""
