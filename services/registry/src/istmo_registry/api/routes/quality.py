"""Data quality: what a reporter may mend, told to nobody else but the desk, and never by an alert."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from istmo_common.access import Access, language_of_request
from istmo_common.catalogue import Language, text
from istmo_common.disclosure import Reader, disclosed
from istmo_common.problem_documents import problems
from istmo_registry.api.paging import PageQuery, page_of, position_of
from istmo_registry.api.routes.pairs import end_document
from istmo_registry.api.schemas.quality import QualityLineDocument, QualityList
from istmo_registry.store.queries_quality import QualityLine, quality_lines_after
from istmo_registry.store.snapshot import Pool, snapshot

__all__ = ["quality_router"]


def quality_router(pool: Pool, access: Access) -> APIRouter:
    """`/v1/data-quality`."""
    router = APIRouter(prefix="/v1/data-quality", tags=["data quality"])

    @router.get(
        "",
        responses=problems("unauthenticated", "invalid-request", "unavailable"),
        summary="Your activities that are, or may be, one work",
    )
    async def list_quality(
        request: Request,
        response: Response,
        reader: Annotated[Reader, Depends(access.partner)],
        query: Annotated[PageQuery, Query()],
    ) -> QualityList:
        """A partner gets the lines about its own activities, a steward all, also those of many reporters."""
        after = position_of(request, query.after, 4)
        async with snapshot(pool) as database:
            found = await quality_lines_after(database, reader, after=after, limit=query.limit + 1)
        seen = list(disclosed(found, reader))
        page, further = page_of(request, seen, query.limit, [line.position for line in seen])
        language = language_of_request(request)
        response.headers["Content-Language"] = language
        return QualityList(lines=[_document(line, language) for line in page], next=further)

    return router


def _sentence(line: QualityLine, language: Language) -> str:
    if line.merge_line is None:
        return text(f"quality.{line.kind}.sentence", language, count=line.count)
    return text(f"quality.{line.kind}.sentence-line", language, count=line.count, line=f"{line.merge_line:f}")


def _document(line: QualityLine, language: Language) -> QualityLineDocument:
    return QualityLineDocument.model_validate(
        {
            "kind": line.kind,
            "count": line.count,
            "sentence": _sentence(line, language),
            "advice": text(f"quality.{line.kind}.advice", language),
            "activities": [end_document(end) for end in line.activities],
        }
    )
