"""Merges of organisation records as they are sent and as answers."""

from typing import Any, Final

from pydantic import ConfigDict

from istmo_common.events.values import Identifier, MarkingStatement, Statement, Text
from istmo_registry.api.paging import PageQuery
from istmo_registry.api.schemas.common import Document

__all__ = ["Accepted", "MergeDocument", "MergeForm", "MergeList", "MergeQuery", "UndoDocument", "UndoForm"]

_WHY: Final[dict[str, Any]] = {"reason": "Una sola institución.", "marking": {"tlp": "CLEAR"}}
_TWO: Final[dict[str, Any]] = {"kept": "save-the-children", "merged": "save-the-children-us"}
_UNDO: Final[dict[str, Any]] = {
    "id": "m-0d2b5d97c747f1eac20d2b5d97c747f1",
    "author": "desk",
    "recorded_time": "2026-02-02T09:00:00.000000Z",
    "reason": None,
}
_MERGE: Final[dict[str, Any]] = {
    "id": "m-7f1eac20d2b5d97c747f1eac20d2b5d9",
    **_TWO,
    "author": "desk",
    "recorded_time": "2026-02-01T09:00:00.000000Z",
    "reason": _WHY["reason"],
    "undone": _UNDO,
}


class UndoForm(Statement):
    """Why a merge is taken back. A reason says by `marking` who may read it: CLEAR anyone, else stewards."""

    model_config = ConfigDict(json_schema_extra={"examples": [_WHY]})

    reason: Text | None = None
    marking: MarkingStatement | None = None


class MergeForm(UndoForm):
    """Two records that are one organisation: that of `kept` stands for both."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_TWO, **_WHY}]})

    kept: Identifier
    merged: Identifier


class Accepted(Document):
    """The id of a merge or an undo. It takes effect as soon as the registry has read it in the log."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": _MERGE["id"]}]})

    id: str


class UndoDocument(Document):
    """Who took a merge back. `reason`: null where none was given, and for whoever may not read it."""

    id: str
    author: str
    recorded_time: str
    reason: str | None


class MergeDocument(Document):
    """A merge of two records. `author`: a steward's id as a partner, or `(operator)`."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MERGE]})

    id: str
    kept: str
    merged: str
    author: str
    recorded_time: str
    reason: str | None
    undone: UndoDocument | None


class MergeQuery(PageQuery):
    """Which part of the list."""


class MergeList(Document):
    """A page of merges, by id; `next` is the address of the next one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"merges": [_MERGE], "next": None}]})

    merges: list[MergeDocument]
    next: str | None
