"""The threshold of a baseline, from the training split alone."""

from collections.abc import Collection, Mapping

from istmo_evaluation.judged import Pair
from istmo_evaluation.metrics import Counted

__all__ = ["best_threshold"]


def best_threshold(scores: Mapping[Pair, float], same: Collection[Pair]) -> float:
    """The least score from which pairs are said to be the same, so that F1 is greatest: `same` holds the true ones.

    Of equally good ones the highest; infinite where no threshold finds any. A pair without a score is never the same.
    """
    ranked = sorted(((score, pair in same) for pair, score in scores.items()), reverse=True)
    best, threshold, right = 0.0, float("inf"), 0
    for place, (score, true) in enumerate(ranked, start=1):
        right += true
        # Pairs of equal score are all in or all out.
        tied = place < len(ranked) and ranked[place][0] == score
        f1 = Counted(right, place - right, len(same) - right).f1
        if not tied and f1 > best:
            best, threshold = f1, score
    return threshold
