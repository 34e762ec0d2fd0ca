"""What merges of organisation records come to."""

from hypothesis import given
from hypothesis import strategies as st

from istmo_oracle.organisations import standing_for
from istmo_registry.domain.merges import Merge, kept_by

MERGES = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")).filter(lambda two: two[0] != two[1]), max_size=8
).map(lambda pairs: [Merge(*pair) for pair in pairs])


def test_chain() -> None:
    """A record merged into one that is merged itself ends in the last."""
    assert {"a": "c", "b": "c"} == kept_by([Merge("b", "a"), Merge("c", "b")])


def test_ring() -> None:
    """Merges in a ring keep the smallest id, as if nobody knew better."""
    assert {"b": "a", "c": "a"} == kept_by([Merge("b", "a"), Merge("c", "b"), Merge("a", "c")])


def test_two_keep_one() -> None:
    """One record that is merged into two makes these one, under the smaller id."""
    assert {"b": "a", "x": "a"} == kept_by([Merge("b", "x"), Merge("a", "x")])


@given(MERGES, st.randoms())
def test_order_free(merges: list[Merge], random: object) -> None:
    """The order of merges and their repetition change nothing."""
    shuffled = merges + merges[:2]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert kept_by(merges) == kept_by(shuffled)


@given(MERGES)
def test_as_told_plainly(merges: list[Merge]) -> None:
    """The same as by the rule written a second time; and who is kept is kept for good."""
    kept = kept_by(merges)
    assert {one: standing_for(one, [(m.kept, m.merged) for m in merges]) for one in "abcdef"} == {
        one: kept.get(one, one) for one in "abcdef"
    }
    assert not set(kept.values()) & kept.keys()
