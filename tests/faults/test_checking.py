"""The checker of histories: it passes what is right, and sees every way in which a history can be wrong."""

from dataclasses import replace
from pathlib import Path

import pytest

from istmo_faults.checking import violations
from istmo_faults.history import (
    Answered,
    DeadLetter,
    Differed,
    Entry,
    Failed,
    Held,
    History,
    Logged,
    Poisoned,
    Resumed,
    Run,
    Sent,
    Stood,
    Subscribed,
    Told,
    read_history,
)


def told(subscriber: str, number: int, *marks: str, status: int | None = 200, at: float = 0.0) -> Told:
    path = "/hook" if subscriber == "hook" else ""
    return Told(subscriber, number, f"d{number}", marks, f"m{number}", status, None, path, at)


GOOD: list[Entry] = [
    Run("example", 7),
    Subscribed("hook", "webhook", 4, "/hook"),
    Subscribed("stream", "sse", 4),
    Sent("kept", "1", "A-1", True),
    Answered("kept", None, "unknown", 1.0),
    Sent("kept", "1", "A-1", True),
    Answered("kept", 202, "accepted", 0.1),
    Sent("bad", "2", "A-2", True),
    Answered("bad", 422, "refused", 0.1),
    Sent("perhaps", "3", "A-3", True),
    Answered("perhaps", 503, "unknown", 4.0),
    Sent("lost", "4", "A-4", True),
    Answered("lost", None, "unknown", 4.0),
    Sent("double", "5", "A-5", False),
    Answered("double", 202, "accepted", 0.1),
    Poisoned("activities", 2, 17),
    told("hook", 5, "kept", status=None),
    told("hook", 5, "kept", at=1.0),
    told("hook", 5, "kept", at=1.5),
    told("stream", 5, "kept"),
    told("stream", 6, "perhaps"),
    told("hook", 6, "perhaps", at=2.0),
    Stood("hook", 6),
    Stood("stream", 6),
    Logged("kept", 2),
    Logged("perhaps", 1),
    Logged("double", 1),
    Held("A-1", 1),
    Held("A-3", 1),
    Held("A-5", 1),
    DeadLetter("activities", 2, 17),
]
"""A report that is retried, one refused, one that is unknown and came through, one that did not, a webhook twice."""


def without(*entries: Entry) -> list[Entry]:
    return [entry for entry in GOOD if entry not in entries]


def changed(entry: Entry, to: Entry) -> list[Entry]:
    return [to if each == entry else each for each in GOOD]


def test_a_history_in_which_every_promise_was_kept_passes() -> None:
    """Operators are not told of faults where there are none."""
    assert [] == violations(GOOD)


BUSY = replace(told("hook", 5, "kept", status=429), retry_after=2.0)
WRONG: dict[str, tuple[list[Entry], str]] = {
    "an acknowledged report is not in the log": (without(Logged("kept", 2)), "kept was acknowledged"),
    "one without a list of its own either": (without(Logged("double", 1)), "double was acknowledged"),
    "an acknowledged report is in no programme": (without(Held("A-1", 1)), "kept (accepted/unknown) is in 0"),
    "an acknowledged report is in two programmes": (changed(Held("A-1", 1), Held("A-1", 2)), "is in 2 programmes"),
    "a refused report is in the log": ([*GOOD, Logged("bad", 1)], "bad was refused, and the log has it"),
    "a refused report is in a programme": ([*GOOD, Held("A-2", 1)], "bad (refused) is in 1"),
    "a refused report was told of": (
        changed(told("stream", 5, "kept"), told("stream", 5, "kept", "bad")),
        "stream was told 1 times of bad instead of 0",
    ),
    "an unknown report is in the log alone": (without(Held("A-3", 1)), "perhaps (unknown) is in 0 programmes"),
    "an unknown report is in the state alone": ([*GOOD, Held("A-4", 1)], "lost (unknown) is in 1 programmes"),
    "a report was told of twice": (
        changed(told("stream", 6, "perhaps"), told("stream", 6, "perhaps", "kept")),
        "stream was told 2 times of kept instead of 1",
    ),
    "a subscriber never heard of a report": (
        changed(told("stream", 6, "perhaps"), told("stream", 6)),
        "stream was told 0 times of perhaps instead of 1",
    ),
    "a number is missing": (without(told("hook", 6, "perhaps", at=2.0)), "hook has numbers missing: 6"),
    "a number came twice in a stream": ([*GOOD, told("stream", 6, "perhaps")], "stream has numbers twice: 6"),
    "a number is of no list": ([*GOOD, told("stream", 7)], "stream has numbers of no list: 7"),
    "numbers are out of order": (
        [told("stream", 6, "perhaps"), *without(told("stream", 6, "perhaps"))],
        "stream has numbers out of order",
    ),
    "a webhook never took an item": (
        changed(told("hook", 6, "perhaps", at=2.0), told("hook", 6, "perhaps", status=500)),
        "hook has numbers missing: 6",
    ),
    "a message came again under another id": (
        changed(told("hook", 5, "kept", at=1.5), replace(told("hook", 5, "kept", at=1.5), message="m9")),
        "hook was told number 5 in 2 forms",
    ),
    "an item came again with other content": (
        changed(told("hook", 5, "kept", at=1.5), replace(told("hook", 5, "kept", at=1.5), digest="d9")),
        "hook was told number 5 in 2 forms",
    ),
    "nobody looked where a list stands": (without(Stood("hook", 6)), "nobody looked where the list of hook stands"),
    "a redirect was followed": (
        changed(told("hook", 5, "kept", at=1.5), replace(told("hook", 5, "kept", at=1.5), path="/elsewhere")),
        "hook was followed to /elsewhere",
    ),
    "an endpoint that is gone was sent more": (
        changed(told("hook", 5, "kept", status=None), told("hook", 5, "kept", status=410)),
        "hook said that it is gone",
    ),
    "an endpoint was pressed": (changed(told("hook", 5, "kept", status=None), BUSY), "hook asked for 2.0 s"),
    "poison was swallowed": (without(DeadLetter("activities", 2, 17)), "was not put aside"),
    "a good record was put aside": ([*GOOD, DeadLetter("activities", 2, 18)], "was put aside, and can be read"),
    "the state is not what the events give": ([*GOOD, Differed("+ {}")], "the export and the oracle differ: + {}"),
    "something did not happen in time": ([*GOOD, Failed("no rest after 60 s")], "no rest after 60 s"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_history_in_which_a_promise_was_broken_fails(name: str) -> None:
    """Whatever a fault breaks is said."""
    history, words = WRONG[name]
    assert any(words in each for each in violations(history))


def test_an_endpoint_that_came_back_is_sent_more() -> None:
    """A subscriber that resumes after 410 gets what waited, and that is no fault."""
    gone, again = told("hook", 5, "kept", status=410), Resumed("hook")
    history = [each for entry in GOOD for each in ([gone, again] if entry == GOOD[16] else [entry])]
    assert [] == violations(history)


def test_what_was_withdrawn_between_two_attempts_is_withheld() -> None:
    """An attempt that tells nothing but the number of what may not be read any more is no other form of it."""
    again = told("hook", 5, "kept", at=1.5)
    assert [] == violations(changed(again, replace(again, digest="d9", marks=(), withheld=True)))


def test_a_kept_history_is_read_as_it_was(tmp_path: Path) -> None:
    """A history of a failure can be checked again later."""
    history = History(tmp_path / "build" / "history.ndjson")
    history.note(*GOOD)
    history.close()
    assert GOOD == list(read_history(history.path.read_text().splitlines()))
