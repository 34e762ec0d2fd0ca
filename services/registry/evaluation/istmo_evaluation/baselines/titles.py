"""Two activities are the same if their titles are: equal, or nearly so by the edits between them."""

from itertools import combinations

from rapidfuzz import fuzz

from istmo_evaluation.baselines.texts import titles_of
from istmo_evaluation.judged import Corpus, Pair

__all__ = ["edit_scores", "equal_scores"]


def equal_scores(corpus: Corpus) -> dict[Pair, float]:
    """1 for every pair of activities that have a title in common."""
    titles = {name: titles_of(report) for name, report in sorted(corpus.items())}
    return {(a, b): 1.0 for a, b in combinations(titles, 2) if not titles[a].isdisjoint(titles[b])}


def edit_scores(corpus: Corpus, least: float) -> dict[Pair, float]:
    """The likeness of the most alike titles, 1 less insertions and deletions by length, where at least `least`."""
    titles = {name: sorted(titles_of(report)) for name, report in sorted(corpus.items())}
    scores = {}
    for a, b in combinations(titles, 2):
        likeness = max(fuzz.ratio(one, two, score_cutoff=100 * least) for one in titles[a] for two in titles[b]) / 100
        if likeness >= least:
            scores[a, b] = likeness
    return scores
