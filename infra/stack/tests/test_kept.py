"""Bringing fallen processes back."""

from istmo_stack.child import Child
from istmo_stack.kept import Kept, RestartPolicy

_POLICY = RestartPolicy(first_pause_seconds=1, longest_pause_seconds=4, steady_seconds=30, most_falls=5)


class Clock:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Seconds since the test began."""
        return self.now


class Puppet(Child):
    """A process that lives and falls as the test says."""

    def __init__(self) -> None:
        self.up = False

    @property
    def alive(self) -> bool:
        """As the test says."""
        return self.up

    @property
    def pid(self) -> int | None:
        """Any number while it lives."""
        return 7 if self.up else None


def _starts(kept: Kept, puppet: Puppet, clock: Clock, starts: list[float], seconds: int) -> list[float]:
    """When it was started while every start failed at once, looking four times a second."""
    for _ in range(seconds * 4):
        kept.tend()
        puppet.up = False
        clock.now += 0.25
    return starts


def _kept() -> tuple[Kept, Puppet, Clock, list[float]]:
    puppet, clock, starts = Puppet(), Clock(), []

    def start() -> None:
        puppet.up = True
        starts.append(clock.now)

    return Kept("fold-1", puppet, start, _POLICY, clock), puppet, clock, starts


def test_pauses_double_up_to_the_longest_and_end() -> None:
    """A broken process does not eat the machine, and is given up in the end."""
    kept, puppet, clock, starts = _kept()
    kept.start()
    puppet.up = False
    assert [0.0, 1.0, 3.25, 7.5, 11.75] == _starts(kept, puppet, clock, starts, seconds=60)
    assert {"state": "given up", "pid": None, "restarts": 4} == kept.state()


def test_a_process_that_ran_steadily_is_brought_back_at_once_again() -> None:
    """A crash a day never adds up to a process that stays down."""
    kept, puppet, clock, starts = _kept()
    kept.start()
    for _ in range(20):
        clock.now += 31
        kept.tend()
        puppet.up = False
        kept.tend()
        clock.now += 1
        kept.tend()
    assert (21, {"state": "up", "pid": 7, "restarts": 20}) == (len(starts), kept.state())
