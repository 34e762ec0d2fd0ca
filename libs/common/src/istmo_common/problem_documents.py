"""Problems as OpenAPI shows them, the same in every service."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from istmo_common.problems import PROBLEM_MEDIA_TYPE, PROBLEMS

__all__ = ["FieldErrorDocument", "ProblemDocument", "problems"]


class FieldErrorDocument(BaseModel):
    """One place that is wrong (a JSON Pointer), a stable code, what is wrong, and what would be right."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pointer: str
    code: str
    detail: str
    remedy: str


class ProblemDocument(BaseModel):
    """A problem (RFC 9457) in the reader's language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldErrorDocument] | None = None


def problems(*slugs: str, model: type[ProblemDocument] = ProblemDocument) -> dict[int | str, dict[str, Any]]:
    """OpenAPI's `responses` for these kinds of problem, by HTTP status."""
    described: dict[int | str, dict[str, Any]] = {}
    for slug in slugs:
        entry = described.setdefault(
            int(PROBLEMS[slug]),
            {
                "description": "",
                "model": model,
                "content": {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}},
            },
        )
        entry["description"] = ", ".join(filter(None, [entry["description"], f"`/problems/{slug}`"]))
    return described
