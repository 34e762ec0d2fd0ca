"""Pairs: which activities were found to be alike, and why."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from istmo_common.access import Access, language_of_request
from istmo_common.catalogue import Language
from istmo_common.disclosure import Reader, disclosed
from istmo_common.problem_documents import problems
from istmo_registry.api.paging import page_of, position_of
from istmo_registry.api.schemas.pairs import PairDocument, PairList, PairQuery
from istmo_registry.domain.ids import ActivityId
from istmo_registry.store.queries_pairs import End, PairView, pairs_after
from istmo_registry.store.snapshot import Pool, snapshot

__all__ = ["end_document", "pairs_router"]


def pairs_router(pool: Pool, access: Access) -> APIRouter:
    """`/v1/pairs`."""
    router = APIRouter(prefix="/v1/pairs", tags=["pairs"])

    @router.get(
        "",
        responses=problems("unauthenticated", "invalid-request", "unavailable"),
        summary="Your activities beside those that may be the same",
    )
    async def list_pairs(
        request: Request,
        response: Response,
        reader: Annotated[Reader, Depends(access.partner)],
        query: Annotated[PairQuery, Query()],
    ) -> PairList:
        """A partner gets the pairs of its own activities, a steward all; each explains itself field by field."""
        position = position_of(request, query.after, 4)
        after = position and (ActivityId(*position[:2]), ActivityId(*position[2:]))
        async with snapshot(pool) as database:
            found = await pairs_after(
                database, reader, verdict=query.verdict, after=after or None, limit=query.limit + 1
            )
        seen = list(disclosed(found, reader))
        page, further = page_of(request, seen, query.limit, [(*pair.a.name, *pair.b.name) for pair in seen])
        language = language_of_request(request)
        response.headers["Content-Language"] = language
        return PairList(pairs=[_document(pair, language) for pair in page], next=further)

    return router


def _document(pair: PairView, language: Language) -> PairDocument:
    return PairDocument.model_validate(
        {
            "a": end_document(pair.a),
            "b": end_document(pair.b),
            "verdict": pair.verdict,
            "kind": pair.kind,
            "score": pair.score,
            "evidence": [
                {"field": told.field, "weight": told.weight, "sentence": told.es if language == "es" else told.en}
                for told in pair.evidence
            ],
        }
    )


def end_document(end: End) -> dict[str, object]:
    """One of several activities that are compared."""
    return {"id": end.id, "reporter": end.name.reporter, "activity": end.name.activity, "title": end.title}
