"""Merges of organisation records by the steward, and their undoing."""

from typing import Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from istmo_common.events.values import Identifier, Statement, Text

__all__ = ["OrganisationMergeUndone", "OrganisationMerged"]


class OrganisationMerged(Statement):
    """`organisation.merged`: two records of the directory are one organisation; the names of `kept` stand."""

    kept: Identifier
    merged: Identifier
    author: Identifier
    reason: Text | None = None

    @model_validator(mode="after")
    def _two_records(self) -> Self:
        if self.kept == self.merged:
            raise PydanticCustomError("own_merge", "an organisation is not merged with itself")
        return self


class OrganisationMergeUndone(OrganisationMerged):
    """`organisation.merge-undone`: takes back the merge whose event id `undoes` names, and which it may precede."""

    undoes: Identifier
