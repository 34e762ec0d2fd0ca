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
    inside = set(claimed)
    frontier = inside
    while frontier:
        level = {row[0] for row in (yield work.read_neighbours(sorted(frontier), parameters.mutual_line))}
        frontier = level - inside
        inside = inside | frontier
    rim = {row[0] for row in (yield work.read_rim(sorted(inside)))}
    return Reach(frozenset(inside), frozenset(rim - inside))
