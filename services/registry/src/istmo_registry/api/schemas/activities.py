"""Activities and their reports as answers."""

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from istmo_registry.api.paging import PageQuery
from istmo_registry.api.schemas.common import CURSOR, ActivityRef, Document, Word

__all__ = ["ActivityDocument", "ActivityList", "ActivityQuery", "ReportDocument", "ReportList"]

_REPORT: Final[dict[str, Any]] = {
    "reporter": "HN-GOV-9",
    "activity": "HN-GOV-9-2024-017",
    "marking": {"tlp": "CLEAR", "groups": []},
    "title": [{"text": "Prevención de violencia juvenil en San Pedro Sula", "language": "es"}],
    "recipient_countries": [{"code": "HN"}],
}
_ACTIVITY: Final[dict[str, Any]] = {
    "id": "p-7q2zq5m4b3l6n2v4x5c6a7s2d3",
    "reporter": "HN-GOV-9",
    "activity": "HN-GOV-9-2024-017",
    "state": "standing",
    "programme": "p-7q2zq5m4b3l6n2v4x5c6a7s2d3",
    "report": _REPORT,
}
_REPORTED: Final[dict[str, Any]] = {
    "kind": "reported",
    "standing": "owner",
    "recorded": "2026-03-31T18:00:00.000000Z",
    "time": "2026-03-31T17:30:00.000000Z",
    "report": _REPORT,
    "transactions": [{"type": "3", "date": "2024-05-02", "value": {"amount": "100577", "currency": "USD"}}],
}


class ActivityQuery(PageQuery):
    """Which activities."""

    reporter: Annotated[Word, Field(description="The reporting organisation's identifier.")] = None
    activity: Annotated[Word, Field(description="The activity's identifier there.")] = None


class ActivityDocument(ActivityRef):
    """An activity with its newest report, as `activity.reported` states it but for the transactions.

    `withdrawn`: its reporter took it back. `unknown`: nothing that counts says more than
    that there are transactions of it, if that; its reporter alone sees that.
    `programme` is null until it was resolved, and while it is not standing.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_ACTIVITY]})

    state: Literal["standing", "withdrawn", "unknown"]
    programme: str | None
    report: dict[str, Any] | None


class ActivityList(Document):
    """A page of activities; `next` is the address of the next one."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"activities": [_ACTIVITY], "next": f"/v1/activities?limit=1&after={CURSOR}"}]}
    )

    activities: list[ActivityDocument]
    next: str | None


class ReportDocument(Document):
    """One report in the history of an activity. `recorded`: when what it says was first stated so; `time`: its own.

    `standing`: of the organisation itself (`owner`), or of one that reports on its behalf (`custodian`).
    `transactions` is null where the report stated no list.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_REPORTED]})

    kind: Literal["reported", "withdrawn"]
    standing: Literal["owner", "custodian"]
    recorded: str = Field(examples=["2026-03-31T18:00:00.000000Z"])
    time: str | None
    report: dict[str, Any] | None
    transactions: list[dict[str, Any]] | None


class ReportList(Document):
    """A page of reports, in the order in which they count: the last of all is the current one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reports": [_REPORTED], "next": None}]})

    reports: list[ReportDocument]
    next: str | None
