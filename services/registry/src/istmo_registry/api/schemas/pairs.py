"""Pairs as answers."""

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from istmo_common.events.values import Narrative
from istmo_registry.api.paging import PageQuery
from istmo_registry.api.schemas.common import ActivityRef, Document

__all__ = ["EvidenceDocument", "PairDocument", "PairEnd", "PairList", "PairQuery"]

_PAIR: Final[dict[str, Any]] = {
    "a": {
        "id": "p-7q2zq5m4b3l6n2v4x5c6a7s2d3",
        "reporter": "HN-GOV-9",
        "activity": "HN-GOV-9-2024-017",
        "title": [{"text": "Prevención de violencia juvenil en San Pedro Sula", "language": "es"}],
    },
    "b": {
        "id": "p-3k5n7q2zq5m4b3l6n2v4x5c6a7",
        "reporter": "US-GOV-11",
        "activity": "US-GOV-11-HN-2291",
        "title": [{"text": "Prevención de la violencia juvenil, San Pedro Sula", "language": "es"}],
    },
    "verdict": "possibly-same",
    "kind": None,
    "score": "8.5000",
    "evidence": [
        {"field": "title", "weight": "6.5000", "sentence": "The titles are nearly equal."},
        {"field": "country", "weight": "2", "sentence": "Both state the same country: HN."},
    ],
}


class PairQuery(PageQuery):
    """Which pairs."""

    verdict: Annotated[
        Literal["same", "linked", "possibly-same"] | None, Field(description="What the comparison came to.")
    ] = None


class PairEnd(ActivityRef):
    """One activity of a pair."""

    title: tuple[Narrative, ...]


class EvidenceDocument(Document):
    """How one field weighs (log-odds, base 2) for or against the two being the same, in the reader's language."""

    field: str = Field(examples=["title"])
    weight: str = Field(examples=["6.5000"])
    sentence: str


class PairDocument(Document):
    """Two activities with a score and a verdict, and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PAIR]})

    a: PairEnd
    b: PairEnd
    verdict: Literal["same", "linked", "possibly-same"]
    kind: Literal["funds", "part-of", "phase-of"] | None
    score: str = Field(examples=["12.3456"])
    evidence: list[EvidenceDocument]


class PairList(Document):
    """A page of pairs; `next` is the address of the next one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"pairs": [_PAIR], "next": None}]})

    pairs: list[PairDocument]
    next: str | None
