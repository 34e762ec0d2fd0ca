"""How far a resolution reaches: the set that is computed anew, and the rim that must stand still meanwhile."""

from collections.abc import Iterable
from dataclasses import dataclass

from istmo_registry.domain.parameters import Parameters
from istmo_registry.store import work
from istmo_registry.store.statement import Stage

__all__ = ["Reach", "read_reach"]


@dataclass(frozen=True, slots=True)
class Reach:
    """`inside`: the closure over stored membership and pairs that are the same, or may come to be by
    what stands beside them. `rim`: one hop further, never more."""

    inside: frozenset[int]
    rim: frozenset[int]

    @property
    def all(self) -> frozenset[int]:
        """What is to be locked."""
        return self.inside | self.rim


def read_reach(claimed: Iterable[int], parameters: Parameters) -> Stage[Reach]:
    """Walk from the claimed activities, level by level."""
    inside, reached = set(claimed), set[int]()
    frontier = inside
    while frontier:
        level = yield work.read_reached(sorted(frontier), parameters.mutual_line)
        reached |= {activity for activity, _ in level}
        frontier = {activity for activity, is_inside in level if is_inside} - inside
        inside = inside | frontier
    return Reach(frozenset(inside), frozenset(reached - inside))
