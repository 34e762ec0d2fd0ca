"""The frame: what is funded, where, for which line and goal, by whom and when."""

from dataclasses import asdict
from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from istmo_common.access import Access, language_of_request
from istmo_common.catalogue import text
from istmo_common.codelists import GOALS, LINES, PARTNER_KINDS, PLACES, Codelist
from istmo_common.disclosure import Reader, disclose
from istmo_common.problem_documents import problems
from istmo_registry.api.schemas.frame import (
    FrameDocument,
    FrameNames,
    FrameQuery,
    FrameRowDocument,
    FrameTotal,
    SumsDocument,
)
from istmo_registry.domain.frame import UNKNOWN_KIND, Cell, FramePart, Sums, frame_rows, frame_totals
from istmo_registry.domain.splits import NOT_STATED, OUTSIDE
from istmo_registry.store.queries_frame import FrameFilter, YearKind, frame_parts
from istmo_registry.store.snapshot import Pool, snapshot

__all__ = ["frame_router"]

_COLUMNS: Final = ("committed", "paid", "spent", "pledged", "received")
_LINKS: Final = {
    "frame": "/v1/frame",
    "programmes": "/v1/programmes",
    "activities": "/v1/activities",
    "transactions": "/v1/transactions",
    "organisations": "/v1/organisations",
    "documentation": "/docs",
}
_CELL: Final = Cell("USD", 2024, "HN", line="3", goal="1", kind="us-agency")
_EXAMPLE: Final = [
    FramePart(_CELL, "2", names_carsi=True, amount=Decimal("250000.00")),
    FramePart(_CELL, "3", names_carsi=True, amount=Decimal("100577.00")),
    FramePart(_CELL._replace(kind="isthmus-government"), "4", names_carsi=False, amount=Decimal("48200.00")),
]
"""Money of an example for the documentation."""


def frame_router(pool: Pool, access: Access) -> APIRouter:
    """`/v1`, which is the frame itself, and `/v1/frame`, which takes a part of it."""
    router = APIRouter(prefix="/v1", tags=["frame"])
    example = _document(_EXAMPLE, "calendar", "en").model_dump(mode="json")
    shown: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"example": example}}}}

    async def answer(request: Request, response: Response, reader: Reader, wanted: FrameFilter) -> FrameDocument:
        language = language_of_request(request)
        response.headers["Content-Language"] = language
        async with snapshot(pool) as database:
            parts = disclose(await frame_parts(database, wanted), reader)
        return _document(parts or [], wanted.year, language)

    @router.get("", responses=shown | problems("unauthenticated", "unavailable"), summary="The whole frame")
    async def whole_frame(
        request: Request, response: Response, reader: Annotated[Reader, Depends(access.reader)]
    ) -> FrameDocument:
        """Country × line × goal, counted once, by partner kind and calendar year."""
        return await answer(request, response, reader, FrameFilter())

    @router.get(
        "/frame",
        responses=shown | problems("unauthenticated", "invalid-request", "unavailable"),
        summary="A part of the frame",
    )
    async def part_of_frame(
        request: Request,
        response: Response,
        reader: Annotated[Reader, Depends(access.reader)],
        query: Annotated[FrameQuery, Query()],
    ) -> FrameDocument:
        """The same for some years, one place or one currency."""
        wanted = FrameFilter(query.year, query.first, query.last, query.country, query.currency)
        return await answer(request, response, reader, wanted)

    return router


def _document(parts: list[FramePart], year: YearKind, language: str) -> FrameDocument:
    return FrameDocument(
        title=text("frame.title", language),
        note=text("frame.note", language),
        year=year,
        names=_names(year, language),
        totals=[
            FrameTotal(currency=currency, sums=_sums(sums), of_carsi=_part(of_carsi))
            for currency, (sums, of_carsi) in frame_totals(parts).items()
        ],
        rows=[
            FrameRowDocument(**row.cell._asdict(), sums=_sums(row.sums), of_carsi=_part(row.of_carsi))
            for row in frame_rows(parts)
        ],
        links=_LINKS,
    )


def _names(year: YearKind, language: str) -> FrameNames:
    not_stated = {NOT_STATED: text("frame.not-stated", language)}
    apart = {OUTSIDE: text("frame.outside", language)} | not_stated
    return FrameNames(
        countries=_names_of(PLACES, language) | not_stated,
        lines=_names_of(LINES, language) | apart,
        goals=_names_of(GOALS, language) | apart,
        kinds=_names_of(PARTNER_KINDS, language) | {UNKNOWN_KIND: text("frame.unknown", language)},
        columns={column: text(f"frame.column.{column}", language) for column in _COLUMNS},
        of_carsi=text("frame.carsi", language),
        year=text(f"frame.year.{year}", language),
    )


def _names_of(codelist: Codelist, language: str) -> dict[str, str]:
    return {code: codelist.name(code, language) for code in codelist}


def _sums(sums: Sums) -> SumsDocument:
    return SumsDocument(**{column: f"{amount:f}" for column, amount in _amounts(sums).items()})


def _part(sums: Sums) -> SumsDocument | None:
    return _sums(sums) if any(_amounts(sums).values()) else None


def _amounts(sums: Sums) -> dict[str, Decimal]:
    return asdict(sums)
