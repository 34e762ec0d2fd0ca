"""How the records of two services become one way."""

from typing import Any

from istmo.following.way import Step, way_of

_ARRIVAL = {"trace": "1", "place": "activities/0/7", "outcome": "new, goes to match"}


def _at(milliseconds: int) -> str:
    return f"2026-01-01T00:00:00.{milliseconds:03}Z"


def _stage(stage: str, since: int | None, began: int, ended: int, subject: str | None = None) -> dict[str, Any]:
    return {
        "trace": "1",
        "stage": stage,
        "subject": subject,
        "since": None if since is None else _at(since),
        "began": _at(began),
        "ended": _at(ended),
        "outcome": "",
    }


def _lines(steps: list[Step], depth: int = 0) -> list[str]:
    lines = []
    for step in steps:
        waited = f"{step.waited_seconds * 1000:.0f} {step.wait}".strip()
        lines.append(f"{'  ' * depth}{step.service} {step.stage} waited {waited}, took {step.took_seconds * 1000:.0f}")
        lines += _lines(step.children, depth + 1)
    return lines


def test_every_step_stands_below_what_it_follows_from_with_what_it_waited_for() -> None:
    """An operator reads where a report lost its time: in which queue, and in whose hands."""
    registry = {
        "arrivals": [{**_ARRIVAL, "recorded": _at(0), "began": _at(5), "ended": _at(8)}],
        "stages": [
            _stage("relay", 20, 30, 32, "findings/f"),
            _stage("resolve", 12, 20, 25),
            _stage("match", 5, 10, 14),
        ],
    }
    told = {"view": "v", "epoch": 1, "number": 3, "type": "alert.raised", "told": _at(40), "reader": "pa"}
    notify = {
        "stages": [
            _stage("intake", None, 40, 45, "findings/f"),
            _stage("intake", None, 41, 45, "findings/another's"),
            _stage("deliver", 40, 50, 60, "sub_1/1/3"),
        ],
        "told": [told],
    }
    assert [
        "registry fold waited 5 in the log, took 3",
        "  registry match waited 2 to be matched, took 4",
        "    registry resolve waited 6 to be resolved, took 5",
        "      registry relay waited 5 in the outbox, took 2",
        "        notify intake waited 8 in the log, took 5",
        "          notify list waited 0, took 0",
        "          notify deliver waited 5 in its list, took 10",
    ] == _lines(way_of(registry, notify))


def test_a_report_that_arrived_twice_has_two_ways() -> None:
    """A duplicate is seen to have come, and to have led to nothing."""
    again = {**_ARRIVAL, "outcome": "duplicate, nothing follows"}
    registry = {
        "arrivals": [
            {**_ARRIVAL, "recorded": _at(0), "began": _at(1), "ended": _at(2)},
            {**again, "recorded": _at(500), "began": _at(501), "ended": _at(502)},
        ],
        "stages": [_stage("match", 1, 3, 4)],
    }
    steps = way_of(registry, {"stages": [], "told": []})
    assert [("new, goes to match", 1), ("duplicate, nothing follows", 0)] == [
        (step.outcome, len(step.children)) for step in steps
    ]
