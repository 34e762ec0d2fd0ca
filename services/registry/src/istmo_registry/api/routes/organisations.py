"""The directory of organisations."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import ValidationError

from istmo_common.access import Access, language_of_request
from istmo_common.disclosure import Reader
from istmo_common.events.organisations import OrganisationChanged
from istmo_common.problem_documents import problems
from istmo_common.problems import Problem, validation_errors
from istmo_registry.api.paging import page_of, position_of
from istmo_registry.api.schemas.organisations import (
    NewOrganisation,
    OrganisationDocument,
    OrganisationForm,
    OrganisationList,
    OrganisationQuery,
)
from istmo_registry.domain.directory import is_called
from istmo_registry.domain.merges import kept_by
from istmo_registry.registering.organisations import Directory
from istmo_registry.store.queries_merges import standing_merges
from istmo_registry.store.queries_organisations import OrganisationView, organisation_of, organisations_after
from istmo_registry.store.snapshot import Pool, snapshot

__all__ = ["organisations_router"]

Organisation = Annotated[str, Path(description="The id of an organisation.", examples=["policia-ejemplo"])]
_CHANGES = ("bad-request", "unauthenticated", "forbidden", "conflict", "too-large", "invalid-request", "unavailable")


def organisations_router(pool: Pool, access: Access, directory: Directory) -> APIRouter:
    """`/v1/organisations`: read by anyone, kept by the desk and operators."""
    router = APIRouter(prefix="/v1/organisations", tags=["organisations"])

    @router.get(
        "",
        responses=problems("unauthenticated", "invalid-request", "unavailable"),
        summary="Organisations, by id",
    )
    async def list_organisations(
        request: Request, _: Annotated[Reader, Depends(access.reader)], query: Annotated[OrganisationQuery, Query()]
    ) -> OrganisationList:
        """Who they are, under which identifiers reports name them, and who reports for them."""
        position = position_of(request, query.after, 1)
        async with snapshot(pool) as database:
            found = await organisations_after(
                database,
                identifier=query.identifier,
                kind=query.kind,
                after=None if position is None else position[0],
                # Who searches by text has spelling set aside, which only the domain does.
                limit=query.limit + 1 if query.q is None else None,
            )
            kept = kept_by(await standing_merges(database))
        found = [view for view in found if query.q is None or is_called(view.record, query.q)]
        page, further = page_of(request, found, query.limit, [(view.record.id,) for view in found])
        return OrganisationList(organisations=[_document(view, kept) for view in page], next=further)

    @router.get(
        "/{organisation}",
        responses=problems("unauthenticated", "not-found", "unavailable"),
        summary="One organisation",
    )
    async def get_organisation(
        _: Annotated[Reader, Depends(access.reader)], organisation: Organisation
    ) -> OrganisationDocument:
        """By its id."""
        return await _one(pool, organisation)

    @router.post(
        "",
        status_code=201,
        dependencies=[Depends(access.desk)],
        responses=problems(*_CHANGES),
        summary="Make an organisation known",
    )
    async def add_organisation(request: Request, form: NewOrganisation) -> OrganisationDocument:
        """An identifier names one organisation of the directory."""
        record = _record(request, form, form.id)
        await directory.add(record)
        return await _one(pool, record.id)

    @router.put(
        "/{organisation}",
        dependencies=[Depends(access.desk)],
        responses=problems("not-found", *_CHANGES),
        summary="Change an organisation",
    )
    async def change_organisation(
        request: Request, organisation: Organisation, form: OrganisationForm
    ) -> OrganisationDocument:
        """The whole record in place of the present one."""
        await directory.replace(_record(request, form, organisation))
        return await _one(pool, organisation)

    return router


async def _one(pool: Pool, organisation: str) -> OrganisationDocument:
    async with snapshot(pool) as database:
        view = await organisation_of(database, organisation.replace("\x00", ""))
        kept = kept_by(await standing_merges(database))
    if view is None:
        raise Problem("not-found")
    return _document(view, kept)


def _record(request: Request, form: OrganisationForm, id: str) -> OrganisationChanged:
    try:
        return OrganisationChanged.model_validate({**form.model_dump(), "id": id, "version": 1})
    except ValidationError as error:
        errors = validation_errors(error, language_of_request(request), at="/body")
    raise Problem("invalid-request", errors=errors)


def _document(view: OrganisationView, kept: Mapping[str, str]) -> OrganisationDocument:
    record = view.record
    return OrganisationDocument(
        id=record.id,
        names=record.names,
        kind=record.kind,
        identifiers=record.identifiers,
        aliases=record.aliases,
        family=record.family,
        owner=view.owner,
        custodians=view.custodians,
        merged_into=kept.get(record.id),
        merged=tuple(sorted(merged for merged, into in kept.items() if into == record.id)),
    )
