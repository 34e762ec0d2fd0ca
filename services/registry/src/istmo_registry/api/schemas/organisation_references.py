"""Organisations as reports name them, and whom that means."""

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from istmo_common.events.organisations import OrganisationNames
from istmo_registry.api.paging import PageQuery
from istmo_registry.api.schemas.common import ActivityRef, Document, Word
from istmo_registry.domain.resolving import Evidence, Outcome

__all__ = ["OrganisationRef", "ReferenceCount", "ReferenceDocument", "ReferenceList", "ReferenceQuery"]

_REFERENCE: Final[dict[str, Any]] = {
    "identifier": None,
    "names": ["AECID - Cooperación Española"],
    "times": 7,
    "roles": ["1", "provider"],
    "activities": 3,
    "examples": [{"id": "p-7q2zq5m4b3l6n2v4x5c6a7s2d3", "reporter": "HN-GOV-9", "activity": "HN-GOV-9-2024-017"}],
    "outcome": "resolved",
    "organisation": {
        "id": "es-aecid",
        "names": {
            "es": "Agencia Española de Cooperación Internacional para el Desarrollo",
            "en": "Spanish Agency for International Development Cooperation",
        },
    },
    "evidence": "part",
    "by": "AECID - Cooperación Española",
    "candidates": [],
}
_COUNT: Final[dict[str, Any]] = {"outcome": "resolved", "evidence": "part", "references": 1, "times": 7}


class ReferenceQuery(PageQuery):
    """Which references."""

    outcome: Annotated[
        Outcome | Literal["unresolved"] | None,
        Field(description="What became of them; unresolved: ambiguous or unknown."),
    ] = None
    organisation: Annotated[Word, Field(description="Those that mean this organisation, by its id.")] = None
    q: Annotated[Word, Field(description="In the identifier or a name; accents do not matter.")] = None


class OrganisationRef(Document):
    """An organisation of the directory. `names`: null where only merges name it."""

    id: str
    names: OrganisationNames | None


class ReferenceDocument(Document):
    """An organisation as reports name it. `roles`: reporting, provider, receiver, IATI's codes of those taking part.

    `times`: how often, in so many `activities`, of which `examples` are the first. `outcome`: resolved, to the
    `organisation` that `evidence` shows (its identifier, name, alias, `country`: its name without its country's in a
    report of that country, or a part of the text; `by` is the text); ambiguous between `candidates`; unknown to the
    directory; unnamed, where the report names nobody. What means another one in another country is told of each.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_REFERENCE]})

    identifier: str | None
    names: tuple[str, ...]
    times: int
    roles: tuple[str, ...]
    activities: int
    examples: list[ActivityRef]
    outcome: Outcome
    organisation: OrganisationRef | None
    evidence: Evidence | None
    by: str | None
    candidates: list[OrganisationRef]


class ReferenceCount(Document):
    """How many distinct references came to an outcome by some evidence, and how often they stand in reports."""

    model_config = ConfigDict(json_schema_extra={"examples": [_COUNT]})

    outcome: Outcome
    evidence: Evidence | None
    references: int
    times: int


class ReferenceList(Document):
    """A page of references, the most frequent first. `counts`: of all that the reader may see, whatever the filter."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"references": [_REFERENCE], "counts": [_COUNT], "next": None}]}
    )

    references: list[ReferenceDocument]
    counts: list[ReferenceCount]
    next: str | None
