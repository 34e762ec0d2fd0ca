"""Organisations as reports name them: who is meant, and who could not be resolved."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from istmo_registry.domain.directory import Directory, amendments_in, directory_under
from istmo_registry.domain.resolving import Resolution, resolve
from istmo_registry.domain.words import plain
from istmo_registry.store.queries_merges import standing_merges
from istmo_registry.store.queries_organisations import all_organisations
from istmo_registry.store.queries_references import EXAMPLES, ReferenceView, references_seen
from istmo_registry.store.snapshot import Pool, snapshot

__all__ = ["references_router"]


_SAID: Final = 200


class _Resolved(NamedTuple):
    """What reports call an organisation, whom that means, and where: in reports of all countries that mean the same."""

    identifier: str | None
    names: tuple[str, ...]
    resolution: Resolution
    views: Sequence[ReferenceView]

    @property
    def times(self) -> int:
        """How often it stands in reports."""
        return sum(view.times for view in self.views)

    @property
    def position(self) -> tuple[str, str, str]:
        """Its place: the most frequent first, then by what it says, of which an address holds only the beginning."""
        said = json.dumps(self[:3], ensure_ascii=False)
        return f"{10**12 - self.times}", said[:_SAID], hashlib.sha256(said.encode()).hexdigest()


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
        resolved = list(_resolved(seen, directory))
        wanted = sorted((one for one in resolved if _is_wanted(one, query)), key=lambda one: one.position)
        ahead = [one for one in wanted if position is None or one.position > position][: query.limit + 1]
        page, further = page_of(request, ahead, query.limit, [one.position for one in ahead])
        names = {record.id: record.names for record in records}
        return ReferenceList(references=[_document(one, names) for one in page], counts=_counts(resolved), next=further)

    return router


def _resolved(seen: Iterable[ReferenceView], directory: Directory) -> Iterator[_Resolved]:
    alike: dict[tuple[str | None, tuple[str, ...], Resolution], list[ReferenceView]] = defaultdict(list)
    for view in seen:
        identifier, names, _ = view.reference
        alike[identifier, names, resolve(view.reference, directory)].append(view)
    return (_Resolved(*said, views) for said, views in alike.items())


def _is_wanted(one: _Resolved, query: ReferenceQuery) -> bool:
    outcome = one.resolution.outcome
    outcomes = ("ambiguous", "unknown") if query.outcome == "unresolved" else (query.outcome,)
    texts = (one.identifier or "", *one.names)
    return (
        (query.outcome is None or outcome in outcomes)
        and (query.organisation is None or one.resolution.organisation == query.organisation)
        and (query.q is None or any(plain(query.q) in plain(text) for text in texts))
    )


def _counts(resolved: Iterable[_Resolved]) -> list[ReferenceCount]:
    references: Counter[tuple[str, str]] = Counter()
    times: Counter[tuple[str, str]] = Counter()
    for one in resolved:
        kind = one.resolution.outcome, one.resolution.evidence or ""
        references[kind] += 1
        times[kind] += one.times
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
    resolution = one.resolution
    shown = [example for view in one.views for example in view.examples]
    examples = sorted(shown, key=lambda example: (example.reporter, example.activity))[:EXAMPLES]
    meant = None if resolution.organisation is None else _ref(resolution.organisation, names)
    return ReferenceDocument(
        identifier=one.identifier,
        names=one.names,
        times=one.times,
        roles=tuple(sorted({role for view in one.views for role in view.roles})),
        activities=sum(view.activities for view in one.views),
        examples=[ActivityRef(id=at.id, reporter=at.reporter, activity=at.activity) for at in examples],
        outcome=resolution.outcome,
        organisation=meant,
        evidence=resolution.evidence,
        by=resolution.by,
        candidates=[_ref(candidate, names) for candidate in resolution.candidates],
    )


def _ref(organisation: str, names: Mapping[str, OrganisationNames]) -> OrganisationRef:
    return OrganisationRef(id=organisation, names=names.get(organisation))
