"""The published ids of programmes: keyed hashes, so that an id says nothing about the record behind it."""

import base64
import hashlib
import hmac

from istmo_common.canonical import canonical_report
from istmo_registry.domain.ids import ActivityId

__all__ = ["handle"]


def handle(handle_key: bytes, activity: ActivityId) -> str:
    """The handle of an activity: `p-` and 26 characters of base32. A programme's is that of its smallest member."""
    digest = hmac.new(handle_key, canonical_report(list(activity)), hashlib.sha256).digest()
    return "p-" + base64.b32encode(digest).decode().lower()[:26]
