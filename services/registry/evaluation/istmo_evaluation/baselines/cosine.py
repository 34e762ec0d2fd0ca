"""The cosine between the TF-IDF vectors of two activities' words (title and description)."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping

from istmo_evaluation.baselines.texts import words_of
from istmo_evaluation.judged import Corpus, Pair, pair_of
from istmo_registry.domain.ids import ActivityId

__all__ = ["word_scores"]


def word_scores(corpus: Corpus) -> dict[Pair, float]:
    """The cosine of every pair that has a word in common: (1 + log tf) × log(n / df), of unit length."""
    counts = {name: Counter(words_of(report)) for name, report in corpus.items()}
    documents = Counter(word for counted in counts.values() for word in counted)
    postings: dict[str, list[tuple[ActivityId, float]]] = defaultdict(list)
    for name, counted in counts.items():
        for word, weight in _unit(counted, documents, len(corpus)).items():
            postings[word].append((name, weight))
    cosines: dict[Pair, float] = defaultdict(float)
    for having in postings.values():
        for place, (one, weight) in enumerate(having):
            for other, theirs in having[:place]:
                cosines[pair_of(one, other)] += weight * theirs
    return dict(cosines)


def _unit(counted: Counter[str], documents: Mapping[str, int], total: int) -> dict[str, float]:
    weights = {word: (1 + math.log(times)) * math.log(total / documents[word]) for word, times in counted.items()}
    length = math.hypot(*weights.values())
    return {word: weight / length for word, weight in weights.items() if weight} if length else {}
