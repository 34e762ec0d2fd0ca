"""Merges of organisation records by the steward, and their undoing."""

from typing import Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from istmo_common.events.values import Identifier, MarkingStatement, Statement, Text

__all__ = ["OrganisationMergeUndone", "OrganisationMerged"]


class OrganisationMerged(Statement):
    """`organisation.merged`: two records of the directory are one organisation; the names of `kept` stand.

    `marking` governs who may read the reason, and is stated where there is one.
    """

    kept: Identifier
    merged: Identifier
    author: Identifier
    reason: Text | None = None
    marking: MarkingStatement | None = None

    @model_validator(mode="after")
    def _marked_reason(self) -> Self:
        if self.reason is not None and self.marking is None:
            raise PydanticCustomError("unmarked_reason", "a reason says who may read it")
        return self

    @model_validator(mode="after")
    def _two_records(self) -> Self:
        if self.kept == self.merged:
            raise PydanticCustomError("own_merge", "an organisation is not merged with itself")
        return self


class OrganisationMergeUndone(OrganisationMerged):
    """`organisation.merge-undone`: takes back the merge whose event id `undoes` names, and which it may precede."""

    undoes: Identifier
