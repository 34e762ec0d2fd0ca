"""Which report of an activity is current, whatever the order in which reports come."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from istmo_registry.domain.identity import Copy, EventKey
from istmo_registry.domain.versions import (
    Kind,
    Stamp,
    Version,
    current,
    governing,
    has_older_report,
    newest_reported,
    state_of,
)

START = datetime(2026, 1, 1, tzinfo=UTC)


def _at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def _stamp(id: str, recorded: int, time: int | None = None, standing: str = "owner") -> Stamp:
    copy = Copy(EventKey("partner", "/source", id), f"hash of {id}", _at(recorded), standing)
    return Stamp.of(copy, None if time is None else _at(time))


def _version(id: str, recorded: int, kind: Kind = "reported", *, states_list: bool = False) -> Version:
    return Version(_stamp(id, recorded), kind, states_list)


_stamps = st.lists(
    st.builds(
        _stamp,
        st.sampled_from("abcdef"),
        st.integers(0, 4),
        st.none() | st.integers(0, 4),
        st.sampled_from(["owner", "custodian"]),
    ),
    max_size=7,
)


def test_newer_own_time_wins_however_late_it_is_recorded() -> None:
    """A report of last month that is sent today does not overwrite this month's."""
    assert _stamp("a", recorded=9, time=1) < _stamp("b", recorded=2, time=2)


def test_clock_that_runs_ahead_wins_nothing() -> None:
    """A partner whose clock is a year ahead cannot block its own later reports."""
    assert _stamp("a", recorded=1, time=500_000) < _stamp("b", recorded=2)


def test_own_report_outranks_the_custodians() -> None:
    """What an organisation says of its own work stands against any later word of a custodian."""
    own, custodian = Version(_stamp("a", 1), "reported"), Version(_stamp("b", 9, standing="custodian"), "withdrawn")

    assert own == current([custodian, own])


def test_reported_withdrawn_reported_again_stands() -> None:
    """An activity that is reported again after a withdrawal lives."""
    told = [_version("a", 1), _version("b", 2, "withdrawn"), _version("c", 3)]

    assert "withdrawn" == state_of(current(told[:2]))
    assert "standing" == state_of(current(told))


def test_nothing_said_is_unknown() -> None:
    """An activity of which only payments are known is neither standing nor withdrawn."""
    assert "unknown" == state_of(current([]))


def test_withdrawal_forgets_neither_list_nor_label() -> None:
    """The last stated list governs when an activity comes back, and its label holds while it is away."""
    listed, plain, gone = _version("a", 1, states_list=True), _version("b", 2), _version("c", 3, "withdrawn")

    assert listed == governing([gone, plain, listed])
    assert plain == newest_reported([gone, plain, listed])


def test_older_report_is_noticed_by_recorded_times() -> None:
    """Whoever sends an old report after a newer one is told so; one without own time is never old."""
    newer = _stamp("a", recorded=2, time=2)

    assert has_older_report([newer, _stamp("b", recorded=3, time=1)])
    assert not has_older_report([newer, _stamp("b", recorded=3, time=2)])
    assert not has_older_report([newer, _stamp("b", recorded=2, time=1)])
    assert not has_older_report([newer, _stamp("b", recorded=3)])


@given(_stamps)
def test_older_report_means_any_two(stamps: list[Stamp]) -> None:
    """No pair of reports out of order is overlooked, and none is made up."""
    expected = any(a.recorded > b.recorded and a.effective < b.effective for a in stamps for b in stamps)

    assert expected == has_older_report(stamps)


@given(_stamps.flatmap(lambda stamps: st.tuples(st.just(stamps), st.permutations(stamps))))
def test_order_of_arrival_does_not_decide(orders: tuple[list[Stamp], list[Stamp]]) -> None:
    """Reports that overtake one another on their way end in the same current version."""
    stamps, shuffled = orders
    versions = [Version(stamp, "reported") for stamp in stamps]

    assert current(versions) == current(Version(stamp, "reported") for stamp in shuffled)


@given(_stamps)
def test_greatest_is_last_of_the_rule_read_aloud(stamps: list[Stamp]) -> None:
    """Own before custodian, then own time, then recorded time, then event: that and nothing else ranks reports."""
    ranked = sorted(stamps, key=lambda s: (s.owner, s.effective, s.recorded, s.key, s.content_hash))

    assert ranked == sorted(stamps)
