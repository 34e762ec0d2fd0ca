"""Who calls, and in which language to answer."""

from fastapi import Request

from istmo_common.catalogue import Language, language_of
from istmo_common.errors import Unauthenticated
from istmo_common.partners import PartnerDirectory
from istmo_common.problems import Problem
from istmo_ingest.domain.poster import Poster

__all__ = ["identify", "language_of_request"]

_RETRY_SECONDS = 1.0


def language_of_request(request: Request) -> Language:
    """The partner's language once it is known, else the one that the request asks for."""
    return language_of(getattr(request.state, "language", None), request.headers.get("accept-language"))


def identify(request: Request, directory: PartnerDirectory) -> Poster:
    """The partner whose key the request carries.

    Raises the problems `unauthenticated`, also without a key, and `unavailable` before the partners are known.
    """
    if not directory.caught_up.is_set():
        raise Problem("unavailable", retry_after_seconds=_RETRY_SECONDS)
    try:
        reader = directory.authenticate(request.headers.get("authorization"))
    except Unauthenticated:
        raise Problem("unauthenticated") from None
    record = directory.get(reader.partner) if reader.partner is not None else None
    if record is None:
        raise Problem("unauthenticated")
    request.state.language = record.language
    return Poster(record.id, reader.custody, frozenset(record.groups), record.agreement_signed)
