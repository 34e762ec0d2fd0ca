"""/v1/imports: files that are reported as one undertaking."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from istmo_common.access import language_of_request
from istmo_common.events.values import Flag, MarkingStatement, Statement, Text
from istmo_common.partners import PartnerDirectory
from istmo_common.problem_documents import problems
from istmo_common.problems import Problem, field_error
from istmo_common.times import format_time
from istmo_ingest.api.callers import LANGUAGE, identify
from istmo_ingest.api.forms import ImportId, body_of, found_import, import_name, read_form
from istmo_ingest.domain.checks.markings import statement_faults
from istmo_ingest.domain.imports import Import, ImportCounts, ImportedFile
from istmo_ingest.domain.limits import FORM_BYTES
from istmo_ingest.store.imports import ImportJournal

__all__ = ["CountsForm", "FinishForm", "ImportForm", "imports_router"]

_Count = Annotated[int, Field(ge=0, le=2_000_000_000, strict=True)]
_FORM_REFUSALS: Final = ("not-json", "unauthenticated", "too-large", "invalid-request", "unavailable")
_FILE: Final[dict[str, Any]] = {
    "file_name": "projects.xml",
    "sha256": "0123456789abcdef" * 4,
    "marking": {"tlp": "CLEAR"},
}
_COUNTS: Final[dict[str, Any]] = {"accepted": 2, "duplicates": 0, "refused": 1, "transactions": 7}
_OPEN: Final[dict[str, Any]] = {
    **_FILE,
    "import_id": "019d4958-0b00-7b3c-9e4f-2a6b8c0d1e2f",
    "state": "open",
    "opened": "2026-04-01T14:00:00.000000Z",
    "finished": None,
    "withdrawn": None,
    "complete": False,
    "counts": None,
}
_FINISHED: Final = _OPEN | {"state": "finished", "finished": "2026-04-01T14:00:09.250000Z", "counts": _COUNTS}
_AS_OPENED: Final = {"content": {"application/json": {"example": _OPEN}}}


class ImportForm(Statement):
    """A file to be imported, and the marking for everything in it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_FILE]})

    file_name: Annotated[Text, StringConstraints(max_length=255)]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    marking: MarkingStatement


class CountsForm(Statement):
    """What an import came to: activities by what became of them, and the transactions that the accepted ones state."""

    accepted: _Count
    duplicates: _Count
    refused: _Count
    transactions: _Count


class FinishForm(CountsForm):
    """The same, and whether the file is complete for its reporters: then the journal was told all that it had."""

    model_config = ConfigDict(json_schema_extra={"examples": [_COUNTS]})

    complete: Flag = False


class ImportDocument(BaseModel):
    """An import. `counts` are there once it is finished.

    `state`: events may name an `open` one; what a `withdrawn` one reported never counts.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_FINISHED]})

    import_id: str
    file_name: str
    sha256: str
    marking: MarkingStatement
    state: Literal["open", "finished", "withdrawn"]
    opened: str
    finished: str | None
    withdrawn: str | None
    complete: bool
    counts: CountsForm | None


class ImportList(BaseModel):
    """Imports, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"imports": [_FINISHED]}]})

    imports: list[ImportDocument]


def _document(made: Import) -> ImportDocument:
    counts = made.counts
    return ImportDocument(
        import_id=made.import_id,
        file_name=made.file.name,
        sha256=made.file.sha256,
        marking=made.file.marking,
        state=made.state,
        opened=format_time(made.opened),
        finished=None if made.finished is None else format_time(made.finished),
        withdrawn=None if made.withdrawn is None else format_time(made.withdrawn),
        complete=made.complete,
        counts=None
        if counts is None
        else CountsForm(
            accepted=counts.accepted,
            duplicates=counts.duplicates,
            refused=counts.refused,
            transactions=counts.transactions,
        ),
    )


def imports_router(journal: ImportJournal, directory: PartnerDirectory) -> APIRouter:
    """The routes of the import journal."""
    router = APIRouter(prefix="/v1/imports", tags=["imports"])

    @router.post(
        "",
        status_code=201,
        responses=problems(*_FORM_REFUSALS)
        | {
            200: {"model": ImportDocument, "description": "It was open already: resume it", **_AS_OPENED},
            201: {"description": "It is open", **_AS_OPENED},
        },
        openapi_extra=body_of(ImportForm),
        summary="Open an import, or find the one to resume",
    )
    async def open_import(request: Request, response: Response) -> ImportDocument:
        """One import is open for each file (by its digest) and marking."""
        poster = identify(request, directory)
        form = await read_form(request, ImportForm, FORM_BYTES)
        language = language_of_request(request)
        faults = list(statement_faults(form.marking, "/marking", poster))
        if faults:
            errors = [field_error(fault.pointer, fault.code, language) for fault in faults]
            raise Problem("invalid-request", errors=errors)
        made, is_new = await journal.open(poster.partner, ImportedFile(form.file_name, form.sha256, form.marking))
        response.status_code = 201 if is_new else 200
        return _document(made)

    @router.get(
        "",
        responses=problems("unauthenticated", "invalid-request", "unavailable"),
        openapi_extra={"parameters": [LANGUAGE]},
        summary="Your imports, the newest first",
    )
    async def list_imports(
        request: Request, limit: Annotated[int, Query(ge=1, le=500, description="The most imports.")] = 50
    ) -> ImportList:
        """Only your own are there."""
        poster = identify(request, directory)
        return ImportList(imports=[_document(each) for each in await journal.newest(poster.partner, limit)])

    @router.get(
        "/{import_id}",
        responses=problems("unauthenticated", "not-found", "invalid-request", "unavailable"),
        openapi_extra={"parameters": [LANGUAGE]},
        summary="One of your imports",
    )
    async def get_import(request: Request, import_id: ImportId) -> ImportDocument:
        """An import of another partner answers like none."""
        poster = identify(request, directory)
        return _document(found_import(await journal.find(poster.partner, import_name(import_id))))

    @router.post(
        "/{import_id}/finish",
        responses=problems("not-found", *_FORM_REFUSALS),
        openapi_extra=body_of(FinishForm),
        summary="Finish an import",
    )
    async def finish_import(request: Request, import_id: ImportId) -> ImportDocument:
        """From then on no event may name it; finishing it again, or one that is withdrawn, changes nothing."""
        poster = identify(request, directory)
        form = await read_form(request, FinishForm, FORM_BYTES)
        counts = ImportCounts(form.accepted, form.duplicates, form.refused, form.transactions)
        found = await journal.finish(poster.partner, import_name(import_id), counts, complete=form.complete)
        return _document(found_import(found))

    return router
