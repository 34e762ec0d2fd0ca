"""What a matcher says of a corpus: the pairs that it found, and the programmes that come of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from istmo_common.events.activities import ActivityReported
from istmo_registry.domain.ids import ActivityId

__all__ = ["DIFFERENT", "Corpus", "Judged", "Pair", "Said", "components", "pair_of"]

Corpus = Mapping[ActivityId, ActivityReported]
"""Reports by activity; all of them stand and are CLEAR."""
Pair = tuple[ActivityId, ActivityId]


class Said(NamedTuple):
    """A verdict with the kind of a linked one; `score` only orders what the same matcher says."""

    verdict: str
    kind: str | None = None
    score: float = 0.0


DIFFERENT = Said("different")


def pair_of(one: ActivityId, other: ActivityId) -> Pair:
    """The pair of two activities, the smaller first."""
    return (one, other) if one < other else (other, one)


def components(members: Iterable[ActivityId], joined: Iterable[Pair]) -> tuple[frozenset[ActivityId], ...]:
    """The connected pieces of `members`, by smallest member."""
    group = {member: {member} for member in members}
    for a, b in joined:
        if group[a] is not group[b]:
            large, small = sorted((group[a], group[b]), key=len, reverse=True)
            large |= small
            group |= dict.fromkeys(small, large)
    distinct = {id(own): own for own in group.values()}
    return tuple(sorted((frozenset(own) for own in distinct.values()), key=min))


@dataclass(frozen=True, slots=True)
class Judged:
    """What one matcher says: `pairs` holds what it compared, every other pair is different to it (also unblocked ones).

    `candidates` are the pairs that blocking let through; None where a matcher compares every pair.
    """

    pairs: Mapping[Pair, Said]
    programmes: tuple[frozenset[ActivityId], ...]
    candidates: frozenset[Pair] | None = None

    def of(self, pair: Pair) -> Said:
        """What is said of this pair."""
        return self.pairs.get(pair, DIFFERENT)

    @classmethod
    def by_edges(cls, members: Iterable[ActivityId], scores: Mapping[Pair, float]) -> "Judged":
        """What a matcher says that knows `same` and `different` only: `scores` are of its same pairs."""
        said = {pair: Said("same", None, score) for pair, score in scores.items()}
        return cls(said, components(members, scores))
