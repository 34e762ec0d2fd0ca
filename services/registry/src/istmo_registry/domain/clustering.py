"""From pairs to programmes: edges are joined best first, as far as nothing that must stay apart would come together.

Cannot-links first: whatever joins later may not bring two of their sides together, by whatever path. Then people's
word, in the order in which it was given; then edges. A person's word that a cannot-link bars is a conflict, shown.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from istmo_registry.domain.ids import ActivityId

__all__ = ["Clustering", "Edge", "MustLink", "Raised", "closure_of", "cluster", "join"]


class Edge(NamedTuple):
    """A pair with the verdict `same`."""

    score: Decimal
    a: ActivityId
    b: ActivityId


class MustLink(NamedTuple):
    """A person's word that two activities are one work; `id` names the decision, `recorded` is when it was accepted."""

    recorded: datetime
    id: str
    a: ActivityId
    b: ActivityId


class Raised(NamedTuple):
    """A piece that was too large, and the line that its edges had to reach; None: only people's word was left."""

    members: frozenset[ActivityId]
    line: Decimal | None


@dataclass(frozen=True, slots=True)
class Clustering:
    """Programmes by the order of their smallest members; people's words that are barred, in order; raised pieces."""

    programmes: tuple[frozenset[ActivityId], ...]
    conflicts: tuple[MustLink, ...] = ()
    raised: tuple[Raised, ...] = ()


@dataclass(slots=True)
class _Groups:
    """Groups of members that grow by union, each with those that it must not meet."""

    group: dict[ActivityId, set[ActivityId]]
    barred: dict[int, set[ActivityId]] = field(default_factory=dict)

    @classmethod
    def of(cls, members: Iterable[ActivityId], cannot: Iterable[tuple[ActivityId, ActivityId]]) -> "_Groups":
        group = {member: {member} for member in members}
        apart: dict[ActivityId, set[ActivityId]] = {member: set() for member in group}
        for a, b in cannot:
            if a in apart and b in apart:
                apart[a].add(b)
                apart[b].add(a)
        # Kept under the identity of the group's set: both grow by union when groups are joined.
        return cls(group, {id(own): apart[member] for member, own in group.items()})

    def join(self, a: ActivityId, b: ActivityId) -> bool:
        """Join the groups of both; False if that is barred."""
        large, small = sorted((self.group[a], self.group[b]), key=len, reverse=True)
        if large is small:
            return True
        if not self.barred[id(large)].isdisjoint(small):
            return False
        large |= small
        self.barred[id(large)] |= self.barred.pop(id(small))
        for member in small:
            self.group[member] = large
        return True

    def all(self) -> list[frozenset[ActivityId]]:
        return [frozenset(own) for own in {id(own): own for own in self.group.values()}.values()]


def cluster(
    members: Iterable[ActivityId], edges: Iterable[Edge], cannot: Iterable[tuple[ActivityId, ActivityId]]
) -> tuple[frozenset[ActivityId], ...]:
    """Join members along edges alone, however large the programmes become: `join` without decisions and limits."""
    return join(members, edges, cannot).programmes


def join(
    members: Iterable[ActivityId],
    edges: Iterable[Edge],
    cannot: Iterable[tuple[ActivityId, ActivityId]],
    must: Iterable[MustLink] = (),
    *,
    largest: int | None = None,
    raised_lines: Sequence[Decimal] = (),
) -> Clustering:
    """Programmes of `members`; the order of what is handed in does not matter.

    Must-links by (recorded time, id), then edges by score (the highest first) and pair; what a cannot-link bars is
    skipped. What touches an activity outside `members` is ignored. A programme of more than `largest` members is joined
    again with the edges that reach the first of `raised_lines`, and its pieces that are still too large with those that
    reach the next; at last by people's word alone, which is never cut.
    """
    known = frozenset(members)
    barred = [pair for pair in cannot if known.issuperset(pair)]
    said = sorted((word for word in set(must) if {word.a, word.b} <= known), key=lambda word: (word[:2], *_pair(word)))
    best_first = sorted(
        (edge for edge in edges if edge.a in known and edge.b in known), key=lambda edge: (-edge.score, *_pair(edge))
    )
    pieces, conflicts = _join(known, best_first, barred, said)
    raised: list[Raised] = []
    fitting: list[frozenset[ActivityId]] = []
    if largest is None:
        fitting = pieces
    for line in (*raised_lines, None) if largest is not None else ():
        large = [piece for piece in pieces if len(piece) > (largest or 0)]
        fitting += [piece for piece in pieces if len(piece) <= (largest or 0)]
        pieces = []
        for piece in large:
            strong = [edge for edge in best_first if line is not None and edge.score >= line and edge.a in piece]
            pieces += _join(piece, strong, barred, said)[0]
            raised.append(Raised(piece, line))
    programmes = sorted((*fitting, *pieces), key=min) if largest is not None else sorted(fitting, key=min)
    return Clustering(
        programmes=tuple(programmes),
        conflicts=tuple(conflicts),
        raised=tuple(sorted(raised, key=lambda one: (min(one.members), -len(one.members)))),
    )


def _join(
    members: Collection[ActivityId],
    edges: Iterable[Edge],
    cannot: Iterable[tuple[ActivityId, ActivityId]],
    must: Iterable[MustLink],
) -> tuple[list[frozenset[ActivityId]], list[MustLink]]:
    groups = _Groups.of(members, cannot)
    inside = groups.group.keys()
    conflicts = [word for word in must if word.a in inside and word.b in inside and not groups.join(word.a, word.b)]
    for edge in edges:
        if edge.a in inside and edge.b in inside:
            groups.join(edge.a, edge.b)
    return groups.all(), conflicts


def _pair(joined: Edge | MustLink) -> tuple[ActivityId, ActivityId]:
    return (joined.a, joined.b) if joined.a < joined.b else (joined.b, joined.a)


def closure_of(
    changed: Iterable[ActivityId],
    programmes: Iterable[Collection[ActivityId]],
    joined: Iterable[tuple[ActivityId, ActivityId]],
) -> frozenset[ActivityId]:
    """What must be joined anew after a change at `changed`: whoever is reached over standing programmes and `joined`.

    `joined` are the edges and must-links of now. Everything outside keeps the programme that it has: no edge leads out.
    """
    beside: dict[ActivityId, set[ActivityId]] = {}
    for a, b in joined:
        beside.setdefault(a, set()).add(b)
        beside.setdefault(b, set()).add(a)
    for programme in programmes:
        for member in programme:
            beside.setdefault(member, set()).update(programme)
    reached = set(changed)
    frontier = reached
    while frontier:
        frontier = {other for member in frontier for other in beside.get(member, ())} - reached
        reached = reached | frontier
    return frozenset(reached)
