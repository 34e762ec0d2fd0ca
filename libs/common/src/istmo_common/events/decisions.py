"""Decisions: a person's judgement on a pair of activities, and its undoing."""

from typing import Literal, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from istmo_common.events.outcomes import ActivityName
from istmo_common.events.values import Identifier, MarkingStatement, Statement, Text

__all__ = ["DecisionRecorded", "LinkKind"]

LinkKind = Literal["funds", "part-of", "phase-of"]


class DecisionRecorded(Statement):
    """`decision.recorded`: a verdict on the pair of `a` and `b` (in order), or the undoing of an earlier decision.

    Exactly one of `verdict` and `undoes` is stated; `undoes` is the event id of the decision, which it may precede.
    `marking` governs who may read the reason.
    """

    a: ActivityName
    b: ActivityName
    author: Identifier
    marking: MarkingStatement
    verdict: Literal["same", "different", "linked", "unsure"] | None = None
    kind: LinkKind | None = None
    undoes: Identifier | None = None
    reason: Text | None = None

    @model_validator(mode="after")
    def _decides_one_thing(self) -> Self:
        if (self.a.reporter, self.a.activity) >= (self.b.reporter, self.b.activity):
            raise PydanticCustomError("pair_order", "a pair is two activities, the smaller first")
        if (self.verdict is None) is (self.undoes is None):
            raise PydanticCustomError("verdict_or_undoes", "a decision states a verdict or what it undoes")
        if (self.kind is not None) is not (self.verdict == "linked"):
            raise PydanticCustomError("link_kind", "a kind is stated with the verdict linked, and only then")
        return self
