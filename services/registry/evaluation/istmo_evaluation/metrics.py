"""Precision, recall, F1, B-cubed and confusion, plainly from their definitions."""

from collections import Counter
from collections.abc import Collection, Iterable
from typing import NamedTuple

from istmo_registry.domain.ids import ActivityId

__all__ = ["RELATED", "Counted", "bcubed", "confusion", "count"]

RELATED = frozenset({"same", "linked", "possibly-same"})


class Counted(NamedTuple):
    """How often a claim was right, wrong, and missing; each rate is 1 where nothing could go wrong."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """Of what was claimed, how much is true."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """Of what is true, how much was claimed."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both: 2 right / (2 right + wrong + missed)."""
        total = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / total if total else 1.0


def count(told: Iterable[tuple[str, str]], verdicts: Collection[str]) -> Counted:
    """Count, over (true verdict, said verdict), the claim that the verdict is one of `verdicts`."""
    claims = Counter((true in verdicts, said in verdicts) for true, said in told)
    return Counted(right=claims[True, True], wrong=claims[False, True], missed=claims[True, False])


def bcubed(
    true: Iterable[Collection[ActivityId]], said: Iterable[Collection[ActivityId]], members: Iterable[ActivityId]
) -> tuple[float, float, float]:
    """B-cubed precision, recall and F1 (Bagga and Baldwin, 1998) over `members`; both clusterings contain them all.

    Of each member: how much of its said cluster belongs to it, and how much of its true one is with it; only
    `members` count in either cluster.
    """
    judged = frozenset(members)
    in_true = {member: judged & frozenset(own) for own in true for member in own}
    in_said = {member: judged & frozenset(own) for own in said for member in own}
    shared = {member: len(in_true[member] & in_said[member]) for member in judged}
    precision = sum(shared[member] / len(in_said[member]) for member in sorted(judged)) / len(judged)
    recall = sum(shared[member] / len(in_true[member]) for member in sorted(judged)) / len(judged)
    return precision, recall, 2 * precision * recall / (precision + recall)


def confusion(told: Iterable[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """How often each truth was told as each verdict (both named with their kinds)."""
    return Counter(told)
