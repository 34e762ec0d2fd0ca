"""Who posts."""

from fastapi import Request

from istmo_common.access import Access
from istmo_common.partners import PartnerDirectory
from istmo_common.problems import Problem
from istmo_ingest.domain.poster import Poster

__all__ = ["identify"]


def identify(request: Request, directory: PartnerDirectory) -> Poster:
    """The partner whose key the request carries.

    Raises the problems `unauthenticated`, also without a key, and `unavailable` before the partners are known.
    """
    reader = Access(directory, None).partner(request)
    record = directory.get(reader.partner) if reader.partner is not None else None
    if record is None:
        raise Problem("unauthenticated")
    return Poster(record.id, reader.custody, frozenset(record.groups), record.agreement_signed)
