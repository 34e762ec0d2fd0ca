"""What can go wrong in ingest besides what a partner sends.

IstmoError
└── ImportsUnavailable      the journal of imports is not at hand
"""

from istmo_common.errors import IstmoError

__all__ = ["ImportsUnavailable"]


class ImportsUnavailable(IstmoError):
    """The journal of imports cannot be read or written now."""
