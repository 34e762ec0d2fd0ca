"""Partners and their keys, kept by operators."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import TypeAdapter, ValidationError

from istmo_common.access import Access, language_of_request
from istmo_common.partners import PartnerId, PartnerRecord
from istmo_common.problem_documents import problems
from istmo_common.problems import Problem, field_error
from istmo_registry.api.schemas.partners import (
    IssuedKeyDocument,
    NewPartner,
    NewPartnerDocument,
    PartnerChange,
    PartnerDocument,
    PartnerList,
)
from istmo_registry.domain.partner_ids import partner_id_of
from istmo_registry.registering.partners import PartnerBook
from istmo_registry.store.partners import read_partner, read_partners
from istmo_registry.store.snapshot import Pool, snapshot

__all__ = ["partners_router"]

_OPERATOR: Final = ("unauthenticated", "forbidden", "unavailable")
_ID: Final = TypeAdapter[str](PartnerId)

Partner = Annotated[
    str,
    Path(
        max_length=60, pattern=r"^[^\x00]*$", description="The id of a partner.", examples=["secretaria-de-seguridad"]
    ),
]
KeyId = Annotated[
    str,
    Path(max_length=60, pattern=r"^[^\x00]*$", description="The id of a key.", examples=["k-2b5d97c747f1eac2"]),
]


def partners_router(pool: Pool, access: Access, book: PartnerBook) -> APIRouter:
    """`/v1/partners`."""
    router = APIRouter(prefix="/v1/partners", tags=["partners"], dependencies=[Depends(access.operator)])

    @router.post(
        "",
        status_code=201,
        responses=problems("bad-request", "conflict", "too-large", "invalid-request", *_OPERATOR),
        summary="Make a partner known",
    )
    async def add_partner(request: Request, form: NewPartner) -> NewPartnerDocument:
        """The answer shows its key, this once. An organisation that another partner owns is refused."""
        record, issued = await book.add(_record(request, form))
        return NewPartnerDocument(**_document(record).model_dump(), key_id=issued.id, key=issued.key)

    @router.get("", responses=problems(*_OPERATOR), summary="All partners")
    async def list_partners() -> PartnerList:
        """By id."""
        async with snapshot(pool) as database:
            return PartnerList(partners=[_document(record) for record in await read_partners(database)])

    @router.get("/{partner}", responses=problems("not-found", "invalid-request", *_OPERATOR), summary="One partner")
    async def get_partner(partner: Partner) -> PartnerDocument:
        """By its id."""
        async with snapshot(pool) as database:
            record = await read_partner(database, partner)
        if record is None:
            raise Problem("not-found")
        return _document(record)

    @router.patch(
        "/{partner}",
        responses=problems("bad-request", "not-found", "conflict", "too-large", "invalid-request", *_OPERATOR),
        summary="Change a partner",
    )
    async def change_partner(partner: Partner, form: PartnerChange) -> PartnerDocument:
        """Only the fields that are stated change. What was reported before keeps the standing it had."""
        stated = {name: value for name in form.model_fields_set if (value := getattr(form, name)) is not None}
        return _document(await book.change(partner, stated))

    @router.post(
        "/{partner}/keys",
        status_code=201,
        responses=problems("not-found", "invalid-request", *_OPERATOR),
        summary="One more key",
    )
    async def add_key(partner: Partner) -> IssuedKeyDocument:
        """The answer shows it, this once; the others go on to work."""
        issued = await book.add_key(partner)
        return IssuedKeyDocument(key_id=issued.id, key=issued.key)

    @router.delete(
        "/{partner}/keys/{key_id}",
        status_code=204,
        responses=problems("not-found", "invalid-request", *_OPERATOR),
        summary="Revoke a key",
    )
    async def revoke_key(partner: Partner, key_id: KeyId) -> Response:
        """Every service refuses it as soon as it hears of it."""
        await book.revoke_key(partner, key_id)
        return Response(status_code=204)

    return router


def _record(request: Request, form: NewPartner) -> PartnerRecord:
    try:
        id_ = _ID.validate_python(form.id or partner_id_of(form.name))
    except ValidationError:
        error = field_error("/body/id", "no_id", language_of_request(request))
        raise Problem("invalid-request", errors=[error]) from None
    return PartnerRecord(**form.model_dump(exclude={"id"}), id=id_, version=1)


def _document(record: PartnerRecord) -> PartnerDocument:
    kept = record.model_dump(exclude={"keys", "clearance", "version"})
    return PartnerDocument(**kept, keys=tuple(key.id for key in record.keys))
