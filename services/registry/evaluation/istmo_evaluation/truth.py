"""What is known of a corpus: which pairs are judged, what is true of them, and which activities are one work."""

import csv
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from istmo_common.events.activities import ActivityReported
from istmo_evaluation.judged import Corpus, Pair, components, pair_of
from istmo_evaluation.labels.labelled import Label, Labelled
from istmo_evaluation.masking import mask
from istmo_ingest.iati import read_activities
from istmo_registry.domain.ids import ActivityId

__all__ = ["Known", "Truth", "masked", "of_labels", "of_real_awards"]

_REAL_FILE: Final = Path("iati") / "us_security_HN_GT_SV_CR.xml"
_REAL_TRUTH: Final = Path("truth") / "us_same_award.csv"
_BARE: Final = re.compile(r"US-GOV-\d+-\d{1,6}")
"""An identifier that ends in a bare record number names no award: nothing is known of it."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is true of a pair, and where that comes from."""

    verdict: str
    kind: str | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Truth:
    """A corpus, what is true of its judged pairs, and its true programmes; `members` are the judged activities."""

    corpus: Corpus
    pairs: Mapping[Pair, Known]
    programmes: tuple[frozenset[ActivityId], ...]
    members: frozenset[ActivityId]

    def same_pairs(self) -> frozenset[Pair]:
        """Every two members of one true programme, whether or not a label names the pair; all others differ."""
        inside = (sorted(self.members & own) for own in self.programmes)
        return frozenset(pair for own in inside for pair in combinations(own, 2))


def of_labels(labelled: Labelled, split: str) -> Truth:
    """One split's labels, in the corpus of the whole set: the other split's works are only neighbours."""
    labels: list[Label] = [label for label in labelled.labels if label.split == split]
    pairs = {(label.a, label.b): Known(label.verdict, label.kind, _source(label)) for label in labels}
    joined = [(label.a, label.b) for label in labelled.labels if label.verdict == "same"]
    members = frozenset(end for pair in pairs for end in pair)
    return Truth(labelled.activities, pairs, components(labelled.activities, joined), members)


def _source(label: Label) -> str:
    return f"{label.cluster}: {label.pattern}"


def of_real_awards(folder: Path) -> Truth:
    """The real activities of several US agencies, of which the award that each belongs to is known.

    Two activities of one award are the same, all others differ. `folder` holds the real data.
    """
    with (folder / _REAL_TRUTH).open(encoding="utf-8", newline="") as lines:
        awards = {row["activity_id"]: row["award_code"] for row in csv.DictReader(lines)}
    reports = [_clear(read.payload) for read in read_activities(folder / _REAL_FILE) if read.payload is not None]
    corpus = {ActivityId(report.reporter, report.activity): report for report in reports}
    members = frozenset(name for name in corpus if not _BARE.fullmatch(name.activity))
    by_award: dict[str, set[ActivityId]] = defaultdict(set)
    for name in corpus:
        by_award[awards.get(name.activity, f"alone: {name.activity}")].add(name)
    same = {pair_of(a, b) for own in by_award.values() for a, b in combinations(own, 2)}
    pairs = {pair_of(a, b): Known("different") for a, b in combinations(members, 2)}
    pairs |= {pair: Known("same", None, awards[pair[0].activity]) for pair in same}
    return Truth(corpus, pairs, components(corpus, same), members)


def _clear(payload: dict[str, Any]) -> ActivityReported:
    """A payload as it is told to anyone; a real file marks nothing."""
    return ActivityReported.model_validate({**payload, "marking": {"tlp": "CLEAR"}})


def masked(truth: Truth) -> Truth:
    """The same truth over the corpus with masked identifiers."""
    hidden = mask(truth.corpus)
    named = hidden.names
    return Truth(
        corpus=hidden.corpus,
        pairs={pair_of(named[a], named[b]): known for (a, b), known in truth.pairs.items()},
        programmes=tuple(frozenset(named[member] for member in own) for own in truth.programmes),
        members=frozenset(named[member] for member in truth.members),
    )
