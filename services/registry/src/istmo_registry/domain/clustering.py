"""From pairs to programmes: which activities are one undertaking."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from istmo_registry.domain.ids import ActivityId

__all__ = ["Edge", "cluster"]


class Edge(NamedTuple):
    """A pair with the verdict `same`."""

    score: Decimal
    a: ActivityId
    b: ActivityId


def cluster(
    members: Iterable[ActivityId], edges: Iterable[Edge], cannot: Iterable[tuple[ActivityId, ActivityId]]
) -> tuple[frozenset[ActivityId], ...]:
    """Join members along edges, the highest score first (then the smaller pair), by the order of smallest members.

    An edge that would bring both sides of a cannot-link into one cluster, by whatever path, is skipped. Edges and
    cannot-links that touch an activity outside `members` are ignored.
    """
    clusters = {member: {member} for member in members}
    apart: dict[ActivityId, set[ActivityId]] = {member: set() for member in clusters}
    for a, b in cannot:
        if a in apart and b in apart:
            apart[a].add(b)
            apart[b].add(a)
    # The barred members of a cluster are kept under its set's identity: both grow by union when clusters are joined.
    barred = {id(own): apart[member] for member, own in clusters.items()}
    for edge in sorted(edges, key=lambda edge: (-edge.score, *sorted((edge.a, edge.b)))):
        if edge.a not in clusters or edge.b not in clusters:
            continue
        large, small = sorted((clusters[edge.a], clusters[edge.b]), key=len, reverse=True)
        if large is small or not barred[id(large)].isdisjoint(small):
            continue
        large |= small
        barred[id(large)] |= barred.pop(id(small))
        for member in small:
            clusters[member] = large
    distinct = {id(own): own for own in clusters.values()}
    return tuple(sorted((frozenset(own) for own in distinct.values()), key=min))
