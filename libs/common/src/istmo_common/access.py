"""Who asks, and in which language to answer."""

import hashlib
import hmac
from typing import Final

from fastapi import Request

from istmo_common.catalogue import Language, language_of
from istmo_common.disclosure import PUBLIC, Reader
from istmo_common.errors import Unauthenticated
from istmo_common.partners import PartnerDirectory
from istmo_common.problems import Problem

__all__ = ["OPERATOR", "Access", "language_of_request"]

OPERATOR: Final = "(operator)"
"""Who holds the admin key, as the author of what is done with it. No partner has this id."""

_RETRY_SECONDS = 1.0
_SCHEME = "bearer "


def language_of_request(request: Request) -> Language:
    """The partner's language once it is known, else the one that the request asks for."""
    return language_of(getattr(request.state, "language", None), request.headers.get("accept-language"))


class Access:
    """Authenticates partners by the directory, and operators by the SHA-256 (hex) of the admin key.

    Its methods are dependencies of routes. Without a digest there is no admin key that fits.
    """

    def __init__(self, directory: PartnerDirectory, admin_key_sha256: str | None) -> None:
        self._directory = directory
        self._admin_key_sha256 = (admin_key_sha256 or "").lower()

    def reader(self, request: Request) -> Reader:
        """Whoever reads: a partner, or the public without a key. The operator's key belongs to no reader: it reads what
        the public does, so that what it shows is composed for somebody.

        Raises the problems `unauthenticated`, and `unavailable` for a key before the partners are known.
        """
        authorization = request.headers.get("authorization")
        if authorization is None or self._is_admin(request):
            return PUBLIC
        if not self._directory.caught_up.is_set():
            raise Problem("unavailable", retry_after_seconds=_RETRY_SECONDS)
        try:
            reader = self._directory.authenticate(authorization)
        except Unauthenticated:
            raise Problem("unauthenticated") from None
        request.state.language = reader.language
        return reader

    def partner(self, request: Request) -> Reader:
        """The same, but the public is refused: `unauthenticated`."""
        reader = self.reader(request)
        if reader.partner is None:
            raise Problem("unauthenticated")
        return reader

    def operator(self, request: Request) -> None:
        """Whoever holds the admin key. Raises the problem `unauthenticated`, or `forbidden` for a partner's key."""
        if self._is_admin(request):
            return
        self.partner(request)
        raise Problem("forbidden")

    def desk(self, request: Request) -> str:
        """The admin key, or a steward's: who it is, OPERATOR or the steward's id as a partner.

        Raises the problem `unauthenticated`, or `forbidden` for another's key.
        """
        if self._is_admin(request):
            return OPERATOR
        reader = self.partner(request)
        if reader.partner is None or not reader.steward:
            raise Problem("forbidden")
        return reader.partner

    def _is_admin(self, request: Request) -> bool:
        if not self._admin_key_sha256:
            return False
        authorization = request.headers.get("authorization", "")
        offered = authorization[len(_SCHEME) :].strip() if authorization.lower().startswith(_SCHEME) else ""
        digest = hashlib.sha256(offered.encode()).hexdigest()
        return hmac.compare_digest(digest, self._admin_key_sha256)
