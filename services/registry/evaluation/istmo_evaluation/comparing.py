"""Every matcher over one truth: the platform and, beside it, the baselines."""

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import combinations
from typing import Final, NamedTuple

from istmo_evaluation.baselines import edit_scores, equal_scores, linkage_scores, word_scores
from istmo_evaluation.judged import Corpus, Judged, Pair
from istmo_evaluation.metrics import RELATED, Counted, bcubed, count
from istmo_evaluation.truth import Truth
from istmo_evaluation.tuning import best_threshold
from istmo_registry.domain.ids import ActivityId

__all__ = ["Baselines", "Figures", "figures"]

_SAME: Final = frozenset({"same"})
_EDIT: Final = 0.90
_TUNED: Final[Mapping[str, Callable[[Corpus], dict[Pair, float]]]] = {
    "TF-IDF cosine": word_scores,
    "Splink": linkage_scores,
}


class Figures(NamedTuple):
    """What one matcher reached.

    `same` and `related` count judged pairs by verdict; `together` every two members that one programme holds, judged
    or not; `merged` the linked pairs that one programme holds.
    """

    same: Counted
    related: Counted
    together: Counted
    bcubed: tuple[float, float, float]
    merged: int


def figures(truth: Truth, judged: Judged) -> Figures:
    """The figures of what was judged, over the truth's pairs and members."""
    told = [(known.verdict, judged.of(pair).verdict) for pair, known in truth.pairs.items()]
    true, joined = truth.same_pairs(), _together(truth, judged)
    return Figures(
        same=count(told, _SAME),
        related=count(told, RELATED),
        together=Counted(len(joined & true), len(joined - true), len(true - joined)),
        bcubed=bcubed(truth.programmes, judged.programmes, truth.members),
        merged=sum(known.verdict == "linked" and pair in joined for pair, known in truth.pairs.items()),
    )


def _together(truth: Truth, judged: Judged) -> frozenset[Pair]:
    """Every two judged members that one programme holds."""
    inside = (sorted(truth.members & own) for own in judged.programmes)
    return frozenset(pair for own in inside for pair in combinations(own, 2))


class Baselines:
    """The baselines, tuned on one truth (the training split). None of them reads an identifier."""

    def __init__(self, training: Truth) -> None:
        self._scored: tuple[Corpus, dict[str, dict[Pair, float]]] = (training.corpus, _tuned_scores(training.corpus))
        same = training.same_pairs()
        self.thresholds = {
            name: best_threshold(_among(training.members, scores), same) for name, scores in self._scored[1].items()
        }

    def judge(self, corpus: Corpus) -> Iterator[tuple[str, Judged]]:
        """Each baseline's name and what it says of the corpus."""
        yield "exact title", Judged.by_edges(corpus, equal_scores(corpus))
        yield f"edit >= {_EDIT:.2f}", Judged.by_edges(corpus, edit_scores(corpus, _EDIT))
        if corpus is not self._scored[0]:
            self._scored = (corpus, _tuned_scores(corpus))
        for name, scores in self._scored[1].items():
            threshold = self.thresholds[name]
            same = {pair: score for pair, score in scores.items() if score >= threshold}
            yield f"{name} >= {threshold:.2f}", Judged.by_edges(corpus, same)


def _among(members: Collection[ActivityId], scores: Mapping[Pair, float]) -> dict[Pair, float]:
    return {(a, b): score for (a, b), score in scores.items() if a in members and b in members}


def _tuned_scores(corpus: Corpus) -> dict[str, dict[Pair, float]]:
    return {name: score(corpus) for name, score in _TUNED.items()}
