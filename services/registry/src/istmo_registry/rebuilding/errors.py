"""Why a rebuild ends without having done anything: the live tables are as they were."""

from istmo_common.errors import IstmoError

__all__ = ["RebuildRefused"]


class RebuildRefused(IstmoError):
    """Log or live tables are not such that a rebuild could be compared with them; the text says how they are."""
