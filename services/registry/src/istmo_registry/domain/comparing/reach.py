"""How far a pair may still come: most are different, and that shows long before all of them is looked at."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from istmo_registry.domain.comparing.kinds import ELSEWHERE, EXPLAINED, STATED_LINKS, TOLD_LINKS
from istmo_registry.domain.parameters import Parameters

__all__ = ["Reach", "reach"]

_LAST: Final = frozenset({"funder", "implementer", "number", "phase", "component"})
"""The fields of the parameters that are looked at last, and of other fields these observations."""
_LAST_TOO: Final = frozenset({"reporter-sibling", "title-both-differ", "title-contradicted"})
_EXPLAINED: Final = frozenset[str]().union(*EXPLAINED.values())
_NEVER: Final = -(10**9)
_ALWAYS: Final = 10**12


class Reach(NamedTuple):
    """Weights and lines as whole numbers of ten-thousandths.

    `weights`: of each observation. `likely`: what it weighs at most where the pair may be linked. `rest`: what all that
    is looked at last may add.
    """

    weights: Mapping[str, int]
    likely: Mapping[str, int]
    rest: int
    possible_line: int
    link_line: int

    def is_lost(self, names: Collection[str], *, linkable: bool) -> bool:
        """Whether a pair of which observations of these names are seen is different whatever is seen last."""
        if sum(map(self.weights.__getitem__, names)) + self.rest >= self.possible_line:
            return False
        return not linkable or sum(map(self.likely.__getitem__, names)) + self.rest < self.link_line


@lru_cache(maxsize=8)
def reach(parameters: Parameters, one_reporter: bool) -> Reach:
    """What decides how far a pair of one reporter, or of two, may come."""
    stated = parameters.of_pairs(one_reporter=one_reporter)
    weights = {name: _whole(weight) for name, weight in stated.weights.items()}
    likely = {name: max(weight, 0) if name in _EXPLAINED else weight for name, weight in weights.items()}
    likely |= dict.fromkeys(ELSEWHERE, _NEVER) | dict.fromkeys(STATED_LINKS | TOLD_LINKS, _ALWAYS)
    last = [name for name, field in parameters.fields.items() if field in _LAST]
    return Reach(
        weights,
        likely,
        rest=sum(max(weights[name], 0) for name in (*last, *_LAST_TOO)),
        possible_line=_whole(stated.possible_line),
        link_line=_whole(parameters.link_line),
    )


def _whole(weight: Decimal) -> int:
    return int(weight.scaleb(4))
