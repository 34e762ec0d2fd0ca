"""What a complete file has, and what it lacks that an earlier one had."""

from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from istmo_common.events.values import Identifier, Statement
from istmo_common.partners import PartnerDirectory
from istmo_common.problem_documents import problems
from istmo_common.problems import Problem
from istmo_ingest.api.callers import LANGUAGE, identify
from istmo_ingest.api.forms import ImportId, body_of, found_import, import_name, read_form
from istmo_ingest.domain.imports import FiledActivity
from istmo_ingest.domain.limits import BATCH_BYTES
from istmo_ingest.store.complete_files import CompleteFiles
from istmo_ingest.store.imports import ImportJournal

__all__ = ["FiledForm", "complete_files_router"]

_MOST: Final = 1000
_MISSING: Final[dict[str, Any]] = {"reporter": "XI-EXAMPLE", "activity": "XI-EXAMPLE-2", "withdrawn": False}
_FURTHER: Final = (
    "/v1/imports/019d4958-0b00-7b3c-9e4f-2a6b8c0d1e2f/missing"
    "?limit=1&after_reporter=XI-EXAMPLE&after_activity=XI-EXAMPLE-2"
)
_After = Annotated[str, Query(max_length=500, pattern=r"^[^\x00]*$", description="From `next` of the page before.")]


class FiledActivityForm(Statement):
    """An activity of a complete file by what became of it; `withdrawn`: the file lacks it, and so it is taken back."""

    reporter: Identifier
    activity: Identifier
    fate: Literal["reported", "refused", "withdrawn"]


class FiledForm(Statement):
    """Activities of a complete file, in as many requests as it takes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"activities": [{"reporter": "XI-EXAMPLE", "activity": "XI-EXAMPLE-1", "fate": "reported"}]},
            ]
        }
    )

    activities: Annotated[tuple[FiledActivityForm, ...], Field(max_length=_MOST)]


class MissingDocument(BaseModel):
    """An activity that an earlier complete file had. `withdrawn`: it was decided to take it back."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MISSING]})

    reporter: str
    activity: str
    withdrawn: bool


class MissingList(BaseModel):
    """Activities that the file lacks, by reporter and identifier; `next` is the address of the next page."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"activities": [_MISSING], "next": _FURTHER}]})

    activities: list[MissingDocument]
    next: str | None


def complete_files_router(journal: ImportJournal, files: CompleteFiles, directory: PartnerDirectory) -> APIRouter:
    """The routes about complete files."""
    router = APIRouter(prefix="/v1/imports/{import_id}", tags=["imports"])

    @router.post(
        "/activities",
        status_code=204,
        responses=problems(
            "unauthenticated", "not-found", "conflict", "not-json", "too-large", "invalid-request", "unavailable"
        ),
        openapi_extra=body_of(FiledForm),
        summary="Say what a complete file has",
    )
    async def note_activities(request: Request, import_id: ImportId) -> None:
        """While the import is open; saying the same again changes nothing."""
        poster = identify(request, directory)
        form = await read_form(request, FiledForm, BATCH_BYTES)
        made = found_import(await journal.find(poster.partner, import_name(import_id)))
        if made.state != "open":
            raise Problem("conflict")
        noted = [FiledActivity(each.reporter, each.activity, each.fate) for each in form.activities]
        await files.note(made.import_id, noted)

    @router.get(
        "/missing",
        responses=problems("unauthenticated", "not-found", "invalid-request", "unavailable"),
        openapi_extra={"parameters": [LANGUAGE]},
        summary="What a complete file lacks that an earlier one had",
    )
    async def list_missing(
        request: Request,
        import_id: ImportId,
        after_reporter: _After = "",
        after_activity: _After = "",
        limit: Annotated[int, Query(ge=1, le=_MOST, description="The most items of a page.")] = 500,
    ) -> MissingList:
        """Of the reporters of its file alone, and of your own finished complete imports that are not withdrawn."""
        poster = identify(request, directory)
        made = found_import(await journal.find(poster.partner, import_name(import_id)))
        found = await files.missing(poster.partner, made.import_id, (after_reporter, after_activity), limit)
        listed = [MissingDocument.model_validate(each._asdict()) for each in found]
        return MissingList(activities=listed, next=_next(request, listed[-1]) if len(listed) == limit else None)

    return router


def _next(request: Request, last: MissingDocument) -> str:
    position = {"after_reporter": last.reporter, "after_activity": last.activity}
    stated = {name: value for name, value in request.query_params.items() if name not in position}
    return f"{request.url.path}?{urlencode(stated | position)}"
