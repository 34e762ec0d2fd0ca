"""One-to-one evidence between two reporters: where each is the other's best, a question becomes an answer.

A reporter seldom reports one work twice. So of two activities that may well be one, each of which nothing else of the
other's reporter comes near to, it is likelier that they are. It is judged where all pairs of both ends are known.
"""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.parameters import Parameters

__all__ = ["ScoredPair", "may_rival", "promoted"]


_Scores: TypeAlias = dict[ActivityId, dict[str, dict[ActivityId, Decimal]]]
"""Of each end, by the reporter of the other one."""


class ScoredPair(NamedTuple):
    """A stored pair that is the same or possibly the same; `a` and `b` in any order."""

    a: ActivityId
    b: ActivityId
    verdict: str
    score: Decimal


def promoted(pairs: Iterable[ScoredPair], parameters: Parameters) -> frozenset[tuple[ActivityId, ActivityId]]:
    """The possibly-same pairs, each (smaller, larger), that count as the same because each is the other's best.

    `pairs` must hold every stored pair of both ends of what is asked about. A pair is promoted if it is of two
    reporters, reaches `mutual_line`, and leads by at least `mutual_gap` before every other pair of either end with an
    activity of the other end's reporter. Linked pairs do not compete: a work and its phase are not rivals. Nor do
    fragments of what the other end is itself: an activity that is the same as it. Nor is a pair promoted that a third
    reporter tells apart: each end is likelier one with another of its works.
    """
    known = [pair for pair in pairs if pair.verdict in ("same", "possibly-same")]
    told = [pair for pair in known if pair.a.reporter != pair.b.reporter]
    one_work = {frozenset((pair.a, pair.b)) for pair in known if pair.verdict == "same"}
    scores: _Scores = defaultdict(lambda: defaultdict(dict))
    for pair in told:
        scores[pair.a][pair.b.reporter][pair.b] = pair.score
        scores[pair.b][pair.a.reporter][pair.a] = pair.score
    found = set()
    for pair in told:
        if pair.verdict != "possibly-same" or pair.score < parameters.mutual_line:
            continue
        ends = ((pair.a, pair.b), (pair.b, pair.a))
        best = max(
            (
                score
                for end, other in ends
                for rival, score in scores[end][other.reporter].items()
                if rival != other and frozenset((rival, other)) not in one_work
            ),
            default=None,
        )
        leads = best is None or pair.score - best >= parameters.mutual_gap
        if leads and not _are_told_apart(pair, scores):
            found.add((min(pair.a, pair.b), max(pair.a, pair.b)))
    return frozenset(found)


def may_rival(score: Decimal, parameters: Parameters) -> bool:
    """Whether a question of this score may be promoted, or keep another from it: `promoted` looks at no lower one."""
    return score > parameters.mutual_line - parameters.mutual_gap


def _are_told_apart(pair: ScoredPair, scores: _Scores) -> bool:
    """Whether a third reporter has two works, each of which is likelier one with either end than the ends are."""
    ours, theirs = scores[pair.a], scores[pair.b]
    for reporter in (ours.keys() & theirs.keys()) - {pair.a.reporter, pair.b.reporter}:
        one, other = (
            {activity for activity, score in beside[reporter].items() if score > pair.score}
            for beside in (ours, theirs)
        )
        if one and other and one.isdisjoint(other):
            return True
    return False
