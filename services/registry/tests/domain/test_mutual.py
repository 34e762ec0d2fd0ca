"""A question becomes an answer where nothing else competes."""

from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from istmo_oracle.programmes import Pair, counts_as_same
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.mutual import ScoredPair, promoted
from istmo_registry.domain.parameters import PARAMETERS
from istmo_registry.domain.scoring import Comparison, Verdict

A1, A2 = ActivityId("A", "1"), ActivityId("A", "2")
B1, B2 = ActivityId("B", "1"), ActivityId("B", "2")
C1, C2 = ActivityId("C", "1"), ActivityId("C", "2")


def _pair(a: ActivityId, b: ActivityId, score: str, verdict: str = "possibly-same") -> ScoredPair:
    return ScoredPair(a, b, verdict, Decimal(score))


def test_each_others_best_is_the_same() -> None:
    """Two reporters' works that resemble each other and nothing else of the two are taken as one."""
    assert {(A1, B1)} == promoted([_pair(B1, A1, "9")], PARAMETERS)


@pytest.mark.parametrize(
    "rival",
    [
        _pair(A1, B2, "8.5"),
        _pair(A2, B1, "8.5"),
        _pair(A1, B2, "12", "same"),
    ],
)
def test_rival_keeps_the_question_open(rival: ScoredPair) -> None:
    """Where another work of either reporter comes near, a person is asked."""
    assert frozenset() == promoted([_pair(A1, B1, "9"), rival], PARAMETERS)


@pytest.mark.parametrize(
    "other",
    [_pair(A1, C1, "9.5"), _pair(A1, B2, "6"), _pair(A1, B2, "20", "linked"), _pair(A1, A2, "12", "same")],
)
def test_who_is_no_rival(other: ScoredPair) -> None:
    """Other reporters, weak pairs, linked works and one's own fragments do not compete."""
    assert (A1, B1) in promoted([_pair(A1, B1, "9"), other], PARAMETERS)


def test_what_a_third_reporter_tells_apart_stays_a_question() -> None:
    """Works of two givers, each with its own entry in a register, are not one for being alone."""
    entries = [_pair(A1, C1, "15", "same"), _pair(B1, C2, "12")]

    assert {(B1, C2)} == promoted([_pair(A1, B1, "9"), *entries], PARAMETERS)
    assert (A1, B1) in promoted([_pair(A1, B1, "9"), *entries, _pair(B1, C1, "11")], PARAMETERS)
    assert (A1, B1) in promoted([_pair(A1, B1, "9"), _pair(A1, C1, "15", "same"), _pair(B1, C2, "8.5")], PARAMETERS)


def test_weak_or_own_pairs_stay_questions() -> None:
    """Below the line nothing is promoted, and within one reporter neither."""
    assert frozenset() == promoted([_pair(A1, B1, "7"), _pair(A2, A1, "9")], PARAMETERS)


_pairs = st.lists(
    st.builds(
        _pair,
        st.sampled_from([A1, A2]),
        st.sampled_from([B1, B2, C1, C2]),
        st.sampled_from(["6", "7.9999", "8", "9", "11"]),
        st.sampled_from(["same", "possibly-same", "linked"]),
    ),
    unique_by=lambda pair: (pair.a, pair.b),
)


@given(_pairs.flatmap(lambda pairs: st.tuples(st.just(pairs), st.permutations(pairs))))
def test_order_does_not_matter(orders: tuple[list[ScoredPair], list[ScoredPair]]) -> None:
    """Which pair was stored first decides nothing."""
    assert promoted(orders[0], PARAMETERS) == promoted(orders[1], PARAMETERS)


@given(
    st.dictionaries(
        st.sampled_from(list(combinations((A1, A2, B1, B2, C1, C2), 2))),
        st.tuples(st.sampled_from(["6", "8", "9", "11"]), st.sampled_from(["same", "possibly-same", "linked"])),
    )
)
def test_promotes_what_looking_at_every_pair_anew_promotes(
    told: dict[tuple[ActivityId, ActivityId], tuple[str, Verdict]],
) -> None:
    """The quick way over a component comes to what the rule says of each pair."""
    pairs = [Pair(*ends, Comparison(Decimal(score), verdict, None, ())) for ends, (score, verdict) in told.items()]
    questions = [pair for pair in pairs if pair.comparison.verdict == "possibly-same"]
    scored = [ScoredPair(pair.a, pair.b, pair.comparison.verdict, pair.comparison.score) for pair in pairs]

    expected = {(pair.a, pair.b) for pair in questions if counts_as_same(pair, pairs, PARAMETERS)}
    assert expected == promoted(scored, PARAMETERS)


def test_fragments_of_the_other_end_are_no_rivals() -> None:
    """A work that its reporter tells in two records is found by the one record of the other reporter."""
    fragments = _pair(B1, B2, "14", "same")
    told = [_pair(A1, B1, "10"), _pair(A1, B2, "9.5")]

    assert frozenset() == promoted(told, PARAMETERS)
    assert {(A1, B1), (A1, B2)} == promoted([*told, fragments], PARAMETERS)
