"""Pairs as answers."""

from typing import Annotated, Literal

from pydantic import Field

from istmo_common.events.values import Narrative
from istmo_registry.api.paging import PageQuery
from istmo_registry.api.schemas.common import ActivityRef, Document

__all__ = ["EvidenceDocument", "PairDocument", "PairEnd", "PairList", "PairQuery"]


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

    a: PairEnd
    b: PairEnd
    verdict: Literal["same", "linked", "possibly-same"]
    kind: Literal["funds", "part-of", "phase-of"] | None
    score: str = Field(examples=["12.3456"])
    evidence: list[EvidenceDocument]


class PairList(Document):
    """A page of pairs; `next` is the address of the next one."""

    pairs: list[PairDocument]
    next: str | None
