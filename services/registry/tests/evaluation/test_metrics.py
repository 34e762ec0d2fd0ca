"""The figures of the evaluation, on cases counted by hand."""

import pytest

from istmo_evaluation.judged import components
from istmo_evaluation.metrics import RELATED, Counted, bcubed, confusion, count
from istmo_registry.domain.ids import ActivityId

A, B, C, D, E = (ActivityId("X", name) for name in "ABCDE")


def test_precision_recall_and_f1() -> None:
    """Three right, one wrong and two missed claims give 3/4, 3/5 and 2/3."""
    told = [*[("same", "same")] * 3, ("linked", "same"), ("same", "different"), ("same", "linked"), ("different",) * 2]

    counted = count(told, {"same"})

    assert Counted(right=3, wrong=1, missed=2) == counted
    assert (0.75, 0.6) == (counted.precision, counted.recall)
    assert 2 / 3 == pytest.approx(counted.f1)


def test_related_is_one_claim_of_three_verdicts() -> None:
    """A linked pair told as possibly the same is still found as related."""
    told = [("linked", "possibly-same"), ("same", "different"), ("different", "linked")]

    assert Counted(right=1, wrong=1, missed=1) == count(told, RELATED)


def test_nothing_claimed_and_nothing_true() -> None:
    """Where nothing could go wrong, nothing did."""
    counted = count([("different", "different")], {"same"})

    assert (1.0, 1.0, 1.0) == (counted.precision, counted.recall, counted.f1)


def test_bcubed_by_hand() -> None:
    """Truth {A, B, C}, {D, E} told as {A, B}, {C, D, E}: precision 11/15, recall 11/15."""
    true = [{A, B, C}, {D, E}]
    said = [{A, B}, {C, D, E}]

    # Precision: A, B 1; C 1/3; D, E 2/3. Recall: A, B 2/3; C 1/3; D, E 1.
    assert (11 / 15, 11 / 15, 11 / 15) == pytest.approx(bcubed(true, said, [A, B, C, D, E]))


def test_bcubed_counts_members_alone() -> None:
    """An activity of which nothing is known changes no figure by standing in a programme."""
    assert (1.0, 1.0, 1.0) == bcubed([{A, B}, {C}], [{A, B, C}], [A, B])


def test_confusion_counts_every_cell() -> None:
    """Each truth and what was said of it is one cell."""
    told = [("phase-of", "same"), ("phase-of", "same"), ("same", "same")]

    assert {("phase-of", "same"): 2, ("same", "same"): 1} == confusion(told)


def test_components_join_over_several_pairs() -> None:
    """A with B and B with C is one programme of three; who is joined to nobody stands alone."""
    assert (frozenset({A, B, C}), frozenset({D})) == components([D, C, B, A], [(B, C), (A, B)])
