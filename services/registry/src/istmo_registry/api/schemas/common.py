"""Shapes that several answers share."""

import re
from typing import Annotated, Final

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from istmo_common.events.values import Narrative
from istmo_common.problems import Problem

__all__ = ["CURSOR", "ActivityRef", "Document", "Handle", "Titled", "Word"]

CURSOR: Final = "WyJITi1HT1YtOSIsIkhOLUdPVi05LTIwMjQtMDE3Il0"
"""What `next` names in examples: the place behind the activity of `ActivityRef`."""


Word = Annotated[str | None, Field(max_length=500, pattern=r"^[^\x00]*$")]
"""What a filter looks for; None for no filter."""


def _handle(text: str) -> str:
    # What is not even written like a handle is as unknown as any other.
    if re.fullmatch(r"p-[a-z2-7]{26}", text) is None:
        raise Problem("not-found")
    return text


Handle = Annotated[
    str,
    Path(description="The id of a programme or activity.", examples=["p-7q2zq5m4b3l6n2v4x5c6a7s2d3"]),
    AfterValidator(_handle),
]
"""The id of a programme or an activity in an address. Raises the problem `not-found` for anything else."""


class Document(BaseModel):
    """What an answer is made of. Frozen; nothing but its fields leaves."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Titled(Document):
    """Something with a title in one or more languages."""

    title: tuple[Narrative, ...]


class ActivityRef(Document):
    """An activity by its handle, its reporting organisation and its identifier there."""

    id: str = Field(examples=["p-7q2zq5m4b3l6n2v4x5c6a7s2d3"])
    reporter: str = Field(examples=["HN-GOV-9"])
    activity: str = Field(examples=["HN-GOV-9-2024-017"])
