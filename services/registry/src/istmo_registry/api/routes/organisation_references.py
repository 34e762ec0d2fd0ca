"""Organisations as reports name them: who is meant, and who could not be resolved."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Depends, Query, Request

from istmo_common.access import Access
from istmo_common.disclosure import Reader, disclosed
from istmo_common.events.organisations import OrganisationNames
from istmo_common.problem_documents import problems
from istmo_registry.api.paging import page_of, position_of
from istmo_registry.api.schemas.common import ActivityRef
from istmo_registry.api.schemas.organisation_references import (
    OrganisationRef,
    ReferenceCount,
    ReferenceDocument,
    ReferenceList,
    ReferenceQuery,
)
from istmo_registry.domain.directory import amendments_in, directory_under
from istmo_registry.domain.resolving import Resolution, resolve
from istmo_registry.domain.words import plain
from istmo_registry.store.queries_merges import standing_merges
from istmo_registry.store.queries_organisations import all_organisations
from istmo_registry.store.queries_references import ReferenceView, references_seen
from istmo_registry.store.snapshot import Pool, snapshot

__all__ = ["references_router"]


_SAID: Final = 200


class _Resolved(NamedTuple):
    view: ReferenceView
    resolution: Resolution

    @property
    def position(self) -> tuple[str, str, str]:
        """Its place: the most frequent first, then by what it says, of which an address holds only the beginning."""
        said = json.dumps(self.view.reference, ensure_ascii=False)
        return f"{10**12 - self.view.times}", said[:_SAID], hashlib.sha256(said.encode()).hexdigest()


def references_router(pool: Pool, access: Access) -> APIRouter:
    """`/v1/organisation-references`."""
    router = APIRouter(prefix="/v1/organisation-references", tags=["organisations"])

    @router.get(
        "",
        responses=problems("unauthenticated", "invalid-request", "unavailable"),
        summary="Organisations as reports name them",
    )
    async def list_references(
        request: Request, reader: Annotated[Reader, Depends(access.reader)], query: Annotated[ReferenceQuery, Query()]
    ) -> ReferenceList:
        """Whom each means by the whole directory and its merges, what shows it, how often it stands where."""
        position = position_of(request, query.after, 3)
        async with snapshot(pool) as database:
            records = await all_organisations(database)
            directory = directory_under(await standing_merges(database), amendments_in(records))
            seen = list(disclosed(await references_seen(database, reader), reader))
        resolved = [_Resolved(view, resolve(view.reference, directory)) for view in seen]
        wanted = sorted((one for one in resolved if _is_wanted(one, query)), key=lambda one: one.position)
        ahead = [one for one in wanted if position is None or one.position > position][: query.limit + 1]
        page, further = page_of(request, ahead, query.limit, [one.position for one in ahead])
        names = {record.id: record.names for record in records}
        return ReferenceList(references=[_document(one, names) for one in page], counts=_counts(resolved), next=further)

    return router


def _is_wanted(one: _Resolved, query: ReferenceQuery) -> bool:
    outcome, reference = one.resolution.outcome, one.view.reference
    outcomes = ("ambiguous", "unknown") if query.outcome == "unresolved" else (query.outcome,)
    texts = (reference.identifier or "", *reference.names)
    return (
        (query.outcome is None or outcome in outcomes)
        and (query.organisation is None or one.resolution.organisation == query.organisation)
        and (query.q is None or any(plain(query.q) in plain(text) for text in texts))
    )


def _counts(resolved: Iterable[_Resolved]) -> list[ReferenceCount]:
    references: Counter[tuple[str, str]] = Counter()
    times: Counter[tuple[str, str]] = Counter()
    for view, resolution in resolved:
        kind = resolution.outcome, resolution.evidence or ""
        references[kind] += 1
        times[kind] += view.times
    return [
        ReferenceCount.model_validate(
            {
                "outcome": outcome,
                "evidence": evidence or None,
                "references": references[outcome, evidence],
                "times": times[outcome, evidence],
            }
        )
        for outcome, evidence in sorted(references)
    ]


def _document(one: _Resolved, names: Mapping[str, OrganisationNames]) -> ReferenceDocument:
    view, resolution = one
    meant = None if resolution.organisation is None else _ref(resolution.organisation, names)
    return ReferenceDocument(
        identifier=view.reference.identifier,
        names=view.reference.names,
        times=view.times,
        roles=view.roles,
        activities=view.activities,
        examples=[ActivityRef(id=one.id, reporter=one.reporter, activity=one.activity) for one in view.examples],
        outcome=resolution.outcome,
        organisation=meant,
        evidence=resolution.evidence,
        by=resolution.by,
        candidates=[_ref(candidate, names) for candidate in resolution.candidates],
    )


def _ref(organisation: str, names: Mapping[str, OrganisationNames]) -> OrganisationRef:
    return OrganisationRef(id=organisation, names=names.get(organisation))
