"""How far a resolution reaches: the set that is computed anew, and the rim that must stand still meanwhile."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.mutual import ScoredPair, promoted
from istmo_registry.domain.parameters import Parameters
from istmo_registry.store import pairs, work
from istmo_registry.store.statement import Row, Stage

__all__ = ["Ends", "Reach", "mutual_of", "read_reach"]

Ends = tuple[int, int]
"""The ends of a pair, the smaller row id first."""


@dataclass(frozen=True, slots=True)
class Reach:
    """`inside`: the closure over stored membership and pairs that count as the same. `rim`: one hop further, never
    more. `mutual`: the pairs that count as the same because each end is the other's best.
    """

    inside: frozenset[int]
    rim: frozenset[int]
    mutual: frozenset[Ends]

    @property
    def all(self) -> frozenset[int]:
        """What is to be locked."""
        return self.inside | self.rim


def read_reach(claimed: Iterable[int], parameters: Parameters) -> Stage[Reach]:
    """Walk from the claimed activities, level by level."""
    inside, reached = set(claimed), set[int]()
    likely, asked, scored = set[Ends](), set[int](), set[Row]()
    mutual = frozenset[Ends]()
    frontier = inside
    while frontier:
        level = yield work.read_reached(sorted(frontier), parameters.mutual_line)
        reached |= {activity for activity, _, _ in level}
        joined = {activity for activity, is_inside, _ in level if is_inside}
        if found := {(min(a, b), max(a, b)) for a, _, b in level if b is not None} - likely:
            likely |= found
            unasked = {end for ends in found for end in ends} - asked
            asked |= unasked
            scored.update((yield pairs.read_scored(sorted(unasked))))
            mutual = mutual_of(scored, likely, parameters)
            joined |= {end for ends in mutual for end in ends}
        frontier = joined - inside
        inside = inside | frontier
    return Reach(frozenset(inside), frozenset(reached - inside), mutual)


def mutual_of(scored: Iterable[Row], likely: Collection[Ends], parameters: Parameters) -> frozenset[Ends]:
    """Which of the pairs `likely` count as the same, by all pairs of their ends, as of `read_scored`."""
    told: dict[Ends, ScoredPair] = {}
    for a, reporter, activity, b, other_reporter, other, verdict, score in scored:
        told[a, b] = ScoredPair(ActivityId(reporter, activity), ActivityId(other_reporter, other), verdict, score)
    names = promoted(told.values(), parameters)
    # What is looked at without locks may be gone by the time its pairs are read.
    asked = ((ends, told[ends]) for ends in likely if ends in told)
    return frozenset(ends for ends, pair in asked if (min(pair.a, pair.b), max(pair.a, pair.b)) in names)
