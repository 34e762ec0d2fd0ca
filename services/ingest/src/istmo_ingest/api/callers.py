"""Who posts."""

from typing import Any, Final

from fastapi import Request

from istmo_common.access import Access, language_of_request
from istmo_common.catalogue import LANGUAGES
from istmo_common.partners import PartnerDirectory
from istmo_common.problems import Problem, field_error
from istmo_ingest.domain.poster import Poster

__all__ = ["LANGUAGE", "identify"]

LANGUAGE: Final[dict[str, Any]] = {
    "name": "language",
    "in": "query",
    "required": False,
    "schema": {"enum": list(LANGUAGES)},
    "description": "The language of what is told about faults; the partner's unless stated.",
}
"""The parameter that `identify` reads, for OpenAPI."""


def identify(request: Request, directory: PartnerDirectory) -> Poster:
    """The partner whose key the request carries.

    Raises the problems `unauthenticated`, also without a key, `unavailable` before the partners are known, and
    `invalid-request`. A `language` in the query is asked for expressly, and so goes before the partner's own.
    """
    reader = Access(directory, None).partner(request)
    record = directory.get(reader.partner) if reader.partner is not None else None
    if record is None:
        raise Problem("unauthenticated")
    for asked in request.query_params.getlist("language") if request.scope["query_string"] else ():
        if asked not in LANGUAGES:
            error = field_error("/query/language", "enum", language_of_request(request), expected=", ".join(LANGUAGES))
            raise Problem("invalid-request", errors=[error])
        request.state.language = asked
    return Poster(record.id, reader.custody, frozenset(record.groups), record.agreement_signed)
