"""What the labelled set promises to whoever trains on it or trusts its figures."""

import json
from collections import Counter
from itertools import combinations

import pytest

from istmo_evaluation.judged import components, pair_of
from istmo_evaluation.labels.labelled import DATA, Labelled, expand, read_labelled
from istmo_evaluation.near_duplicates import near_duplicates

MOST_OF_A_KIND = 3
LEAST_PAIRS = 600


@pytest.fixture(scope="module")
def labelled() -> Labelled:
    """The committed set."""
    return read_labelled()


def test_the_committed_files_are_their_sources_expanded() -> None:
    """Whoever adds a pair to a source and forgets `make labels` is told so."""
    committed = [(DATA / name).read_text(encoding="utf-8") for name in ("activities.ndjson", "pairs.ndjson")]

    assert list(expand()) == [[json.loads(line) for line in text.splitlines()] for text in committed]


def test_enough_pairs_and_half_of_them_hard_negatives(labelled: Labelled) -> None:
    """Figures rest on hundreds of pairs, and a matcher that joins what looks alike can't shine."""
    verdicts = Counter(label.verdict for label in labelled.labels)

    assert len(labelled.labels) >= LEAST_PAIRS
    assert verdicts["different"] * 2 >= len(labelled.labels)
    assert {"same", "linked", "possibly-same", "different"} == set(verdicts)


def test_no_pattern_dominates(labelled: Labelled) -> None:
    """At most three pairs show one pattern in one language on one topic."""
    cells = Counter((label.pattern, label.language, label.topic) for label in labelled.labels)

    assert {} == {cell: times for cell, times in cells.items() if times > MOST_OF_A_KIND}


def test_splits_share_no_cluster_topic_or_activity(labelled: Labelled) -> None:
    """What is tested was not seen in training."""
    train, test = (labelled.split(name) for name in ("train", "test"))

    assert len(labelled.labels) == len(train.labels) + len(test.labels)
    assert set() == {label.cluster for label in train.labels} & {label.cluster for label in test.labels}
    assert set() == {label.topic for label in train.labels} & {label.topic for label in test.labels}
    assert set() == train.activities.keys() & test.activities.keys()
    assert labelled.activities == train.activities | test.activities


def test_every_pair_is_told_once_and_in_order(labelled: Labelled) -> None:
    """No pair counts twice."""
    pairs = [(label.a, label.b) for label in labelled.labels]

    assert len(pairs) == len(set(pairs))
    assert pairs == [pair_of(a, b) for a, b in pairs]
    assert all((label.kind is not None) == (label.verdict == "linked") for label in labelled.labels)


def test_no_chain_of_same_pairs_contradicts_a_label(labelled: Labelled) -> None:
    """The true programmes hold no pair that is labelled as linked or different."""
    same = [(label.a, label.b) for label in labelled.labels if label.verdict == "same"]
    inside = {pair_of(a, b) for own in components(labelled.activities, same) for a, b in combinations(sorted(own), 2)}

    apart = [label for label in labelled.labels if label.verdict in {"linked", "different"}]
    assert [] == [label for label in apart if (label.a, label.b) in inside]


def test_every_identifier_is_made_up(labelled: Labelled) -> None:
    """No real organisation is said to have said any of it, and an identifier does not tell its cluster."""
    for name, report in labelled.activities.items():
        parties = [party.identifier for party in report.participating_organisations if party.identifier]
        assert all("SAMPLE" in identifier for identifier in (*name, *parties))
    assert len({name.activity for name in labelled.activities}) == len(labelled.activities)


def test_near_duplicates_across_the_splits_are_boilerplate(labelled: Labelled) -> None:
    """No text of the test split is known by heart from training; the likest pairs share a stock sentence."""
    assert [] == list(near_duplicates(labelled, 90.0))
