"""Works of both splits that read nearly alike: what a matcher could know by heart."""

from collections.abc import Iterator

from rapidfuzz import fuzz

from istmo_evaluation.baselines.texts import words_of
from istmo_evaluation.judged import Pair
from istmo_evaluation.labels.labelled import Labelled

__all__ = ["near_duplicates"]


def near_duplicates(labelled: Labelled, least: float) -> Iterator[tuple[float, Pair]]:
    """Likeness (0 to 100, of sorted words of title and description) and pair across the splits, from `least` up."""
    training, testing = (labelled.split(name).activities for name in ("train", "test"))
    texts = {name: " ".join(sorted(words_of(report))) for name, report in (training | testing).items()}
    for one in sorted(training):
        for other in sorted(testing):
            likeness = fuzz.ratio(texts[one], texts[other], score_cutoff=least)
            if likeness >= least:
                yield likeness, (one, other)
