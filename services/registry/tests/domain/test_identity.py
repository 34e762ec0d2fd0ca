"""An event that comes many times, or with two contents, counts once."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from istmo_registry.domain.identity import Copy, EventKey, in_conflict, standing_copy

KEY = EventKey("partner", "/source", "1")
START = datetime(2026, 1, 1, tzinfo=UTC)


def _copy(content: str, minute: int, standing: str = "owner", import_id: str | None = None) -> Copy:
    return Copy(KEY, content, START + timedelta(minutes=minute), standing, import_id)


_copies = st.lists(
    st.builds(
        _copy,
        st.sampled_from("ab"),
        st.integers(0, 2),
        st.sampled_from(["owner", "custodian"]),
        st.sampled_from([None, "i", "j"]),
    ),
    min_size=1,
    max_size=8,
)


def test_repeated_content_counts_from_its_first_acceptance() -> None:
    """Sending the same report again, even years later, changes nothing."""
    first, again = _copy("a", 1), _copy("a", 9)

    assert first == standing_copy([again, first])
    assert not in_conflict([again, first])


def test_of_two_contents_the_earlier_recorded_stands() -> None:
    """A partner that uses one id for two reports keeps the one that was accepted first, and can be told."""
    first, other = _copy("b", 1), _copy("a", 2)

    assert first == standing_copy([other, first])
    assert in_conflict([other, first])


def test_at_one_moment_the_smaller_hash_stands() -> None:
    """Two contents accepted in the same microsecond are decided by content, not by which was seen first."""
    assert _copy("a", 1) == standing_copy([_copy("b", 1), _copy("a", 1)])


@given(_copies.flatmap(lambda copies: st.tuples(st.just(copies), st.permutations(copies + copies[:2]))))
def test_arrival_does_not_decide(arrivals: tuple[list[Copy], list[Copy]]) -> None:
    """Neither order nor repetition of arrivals changes which copy stands."""
    copies, shuffled = arrivals

    assert standing_copy(copies) == standing_copy(shuffled)
    assert in_conflict(copies) == in_conflict(shuffled)


@given(_copies)
def test_only_the_smallest_copy_of_a_content_needs_keeping(copies: list[Copy]) -> None:
    """A registry that keeps one row for each content decides as one that kept every arrival."""
    kept = [
        min((copy for copy in copies if copy.content_hash == content), key=lambda copy: copy.rank)
        for content in {copy.content_hash for copy in copies}
    ]

    assert standing_copy(copies) == standing_copy(kept)
