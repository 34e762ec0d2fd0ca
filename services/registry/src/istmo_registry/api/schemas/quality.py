"""What a reporter may mend, as answers."""

from typing import Any, Final, Literal

from pydantic import ConfigDict, Field

from istmo_registry.api.schemas.common import Document
from istmo_registry.api.schemas.pairs import PairEnd

__all__ = ["QualityLineDocument", "QualityList"]

_LINE: Final[dict[str, Any]] = {
    "kind": "fragments",
    "count": 2,
    "sentence": "These 2 activities are one work, reported in parts: they make one programme.",
    "advice": "Report the work as one activity, or let each part say that it is a component (related activity).",
    "activities": [
        {
            "id": "p-7q2zq5m4b3l6n2v4x5c6a7s2d3",
            "reporter": "HN-GOV-9",
            "activity": "HN-GOV-9-2024-017",
            "title": [{"text": "Prevención de violencia juvenil en San Pedro Sula", "language": "es"}],
        },
        {
            "id": "p-3k5n7q2zq5m4b3l6n2v4x5c6a7",
            "reporter": "HN-GOV-9",
            "activity": "HN-GOV-9-2024-018",
            "title": [{"text": "Prevención de violencia juvenil en San Pedro Sula, des", "language": "es"}],
        },
    ],
}


class QualityLineDocument(Document):
    """Activities of one reporter that are one work (`fragments`), or may be (`possible-duplicate`).

    `too-many`, for the desk: activities of whatever reporters that would make a programme larger than one may be.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_LINE]})

    kind: Literal["fragments", "possible-duplicate", "too-many"]
    count: int = Field(description="How many activities; the first hundred are listed.")
    sentence: str
    advice: str
    activities: list[PairEnd]


class QualityList(Document):
    """A page of lines; `next` is the address of the next one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"lines": [_LINE], "next": None}]})

    lines: list[QualityLineDocument]
    next: str | None
