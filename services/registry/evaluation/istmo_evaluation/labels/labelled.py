"""The labelled set as it is committed: activities and pairs, one JSON line each."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from istmo_common.events.activities import ActivityReported
from istmo_evaluation.labels.expanding import identifier_of, payload_of
from istmo_evaluation.labels.source import SOURCES, Cluster, read_clusters, read_organisations
from istmo_registry.domain.ids import ActivityId

__all__ = ["DATA", "Label", "Labelled", "expand", "read_labelled", "write_labelled"]

DATA: Final = SOURCES.parent
_ACTIVITIES: Final = "activities.ndjson"
_PAIRS: Final = "pairs.ndjson"
_KINDS: Final = frozenset({"funds", "part-of", "phase-of"})
_VERDICTS: Final = frozenset({"same", "possibly-same", "different"})

Split = Literal["train", "test"]


@dataclass(frozen=True, slots=True)
class Label:
    """What is true of a pair (`a` < `b`), what it was written to show, and to which split its cluster belongs."""

    a: ActivityId
    b: ActivityId
    verdict: str
    kind: str | None
    pattern: str
    language: str
    topic: str
    cluster: str
    split: str

    def line(self) -> dict[str, Any]:
        """The pair as its JSON line has it."""
        told = {"verdict": self.verdict, "kind": self.kind, "pattern": self.pattern, "language": self.language}
        place = {"topic": self.topic, "cluster": self.cluster, "split": self.split}
        return {"a": list(self.a), "b": list(self.b), **told, **place}


@dataclass(frozen=True, slots=True)
class Labelled:
    """The whole set: payloads by activity, and labels in the order of the file."""

    activities: dict[ActivityId, ActivityReported]
    labels: tuple[Label, ...]

    def split(self, name: Split) -> "Labelled":
        """The labels of one split, with the activities that they are about."""
        labels = tuple(label for label in self.labels if label.split == name)
        named = {end for label in labels for end in (label.a, label.b)}
        return Labelled({key: value for key, value in self.activities.items() if key in named}, labels)


def expand(folder: Path = SOURCES) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The lines of both files from their sources: payloads, then pairs."""
    organisations = read_organisations(folder)
    payloads, pairs = [], []
    for cluster in read_clusters(folder):
        payloads += [payload_of(cluster, letter, organisations) for letter in cluster.activities]
        pairs += [_label(cluster, stated).line() for stated in cluster.pairs]
    return payloads, pairs


def _label(cluster: Cluster, stated: str) -> Label:
    """From "a b VERDICT-OR-KIND PATTERN"."""
    one, other, told, pattern = stated.split()
    if told not in _KINDS | _VERDICTS:
        raise ValueError(f"{cluster.name}: {stated}: neither a verdict nor a kind")
    a, b = sorted(
        ActivityId(cluster.activities[letter].by.identifier, identifier_of(cluster, letter)) for letter in (one, other)
    )
    languages = {language for letter in (one, other) for language in cluster.activities[letter].titles}
    return Label(
        a=a,
        b=b,
        verdict="linked" if told in _KINDS else told,
        kind=told if told in _KINDS else None,
        pattern=pattern,
        language="es-en" if len(languages) > 1 else languages.pop(),
        topic=cluster.topic,
        cluster=cluster.name,
        split=cluster.split,
    )


def write_labelled(folder: Path = DATA) -> None:
    """Write both files anew from their sources. Raises pydantic's error for a payload that the contract refuses."""
    payloads, pairs = expand()
    for payload in payloads:
        ActivityReported.model_validate(payload)
    for name, lines in ((_ACTIVITIES, payloads), (_PAIRS, pairs)):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (folder / name).write_text(text, encoding="utf-8")


def read_labelled(folder: Path = DATA) -> Labelled:
    """The committed set."""
    reports = [ActivityReported.model_validate_json(line) for line in _lines(folder / _ACTIVITIES)]
    return Labelled(
        activities={ActivityId(report.reporter, report.activity): report for report in reports},
        labels=tuple(_read_label(json.loads(line)) for line in _lines(folder / _PAIRS)),
    )


def _lines(path: Path) -> Sequence[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _read_label(line: dict[str, Any]) -> Label:
    return Label(**line | {"a": ActivityId(*line["a"]), "b": ActivityId(*line["b"])})
