"""A report's way put together: what each service kept of it becomes one tree of steps, each with what it waited for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

__all__ = ["Step", "way_of"]

_BEFORE: Final[Mapping[tuple[str, str], tuple[tuple[str, str], ...]]] = {
    ("registry", "match"): (("registry", "fold"),),
    ("registry", "resolve"): (("registry", "match"), ("registry", "fold")),
    ("registry", "relay"): (("registry", "resolve"),),
    ("notify", "intake"): (("registry", "relay"),),
    ("notify", "list"): (("notify", "intake"),),
    ("notify", "deliver"): (("notify", "intake"),),
    ("notify", "relay"): (("notify", "intake"),),
}
"""What a step follows from, the likeliest first."""
_WAITED: Final[Mapping[tuple[str, str], str]] = {
    ("registry", "fold"): "in the log",
    ("registry", "match"): "to be matched",
    ("registry", "resolve"): "to be resolved",
    ("registry", "relay"): "in the outbox",
    ("notify", "intake"): "in the log",
    ("notify", "deliver"): "in its list",
    ("notify", "relay"): "in the outbox",
}


@dataclass
class Step:
    """One stage's work on a report. It waited from `since` until `began`; `wait` says where."""

    service: str
    stage: str
    subject: str | None
    outcome: str
    since: datetime | None
    began: datetime
    ended: datetime
    wait: str = ""
    children: list["Step"] = field(default_factory=list)

    @property
    def waited_seconds(self) -> float:
        """How long it waited; clocks of two machines may be a little apart."""
        return 0.0 if self.since is None else max(0.0, (self.began - self.since).total_seconds())

    @property
    def took_seconds(self) -> float:
        """How long it took."""
        return max(0.0, (self.ended - self.began).total_seconds())

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "service": self.service,
            "stage": self.stage,
            "subject": self.subject,
            "outcome": self.outcome,
            "since": None if self.since is None else self.since.isoformat(),
            "began": self.began.isoformat(),
            "ended": self.ended.isoformat(),
            "waited": self.wait,
            "waited_seconds": self.waited_seconds,
            "took_seconds": self.took_seconds,
            "then": [child.to_json() for child in self.children],
        }


def way_of(registry: Mapping[str, Any], notify: Mapping[str, Any]) -> list[Step]:
    """The steps of a report: each arrival from the log, with all that followed below it.

    `registry` is the `way` of its `/v1/admin/reports`, `notify` the answer of its `/v1/admin/stages`.
    """
    steps = [_arrival(each) for each in registry["arrivals"]]
    steps += [_step("registry", each) for each in registry["stages"]]
    # Of a trace that several reports share, what notify did follows from what was sent of this one.
    sent = {step.subject for step in steps if step.stage == "relay"}
    taken = [_step("notify", each) for each in notify["stages"]]
    steps += [step for step in taken if step.stage != "intake" or step.subject in sent]
    steps += [_told(each) for each in notify["told"]]
    return _tree(sorted(steps, key=lambda step: step.began))


def _tree(steps: Sequence[Step]) -> list[Step]:
    roots: list[Step] = []
    for place, step in enumerate(steps):
        step.wait = _WAITED.get((step.service, step.stage), "")
        parent = _parent(step, steps[:place])
        if parent is None:
            roots.append(step)
            continue
        parent.children.append(step)
        # What waits was written while its cause was at work, and could be taken up only when that had ended.
        step.since = parent.ended if step.since is None else max(step.since, parent.ended)
    return roots


def _parent(step: Step, earlier: Sequence[Step]) -> Step | None:
    for kind in _BEFORE.get((step.service, step.stage), ()):
        for candidate in reversed(earlier):
            same = step.stage != "intake" or candidate.subject == step.subject
            if (candidate.service, candidate.stage) == kind and same:
                return candidate
    return None


def _arrival(stated: Mapping[str, Any]) -> Step:
    recorded, began, ended = _times(stated, "recorded", "began", "ended")
    return Step("registry", "fold", stated["place"], stated["outcome"], recorded, began, ended)


def _step(service: str, stated: Mapping[str, Any]) -> Step:
    since = None if stated["since"] is None else datetime.fromisoformat(stated["since"])
    began, ended = _times(stated, "began", "ended")
    return Step(service, stated["stage"], stated["subject"], stated["outcome"], since, began, ended)


def _told(stated: Mapping[str, Any]) -> Step:
    (told,) = _times(stated, "told")
    reader = "the public" if stated["reader"] is None else stated["reader"]
    subject = f"{stated['view']}/{stated['epoch']}/{stated['number']}"
    return Step("notify", "list", subject, f"{stated['type']} for {reader}", told, told, told)


def _times(stated: Mapping[str, Any], *names: str) -> Iterable[datetime]:
    return [datetime.fromisoformat(stated[name]) for name in names]
