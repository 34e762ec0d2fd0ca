"""Features that match has read: an activity is compared with many, and need not be read anew in each round."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Final

from istmo_registry.domain.features import Features
from istmo_registry.store.statement import Row

__all__ = ["KnownFeatures", "Versioned"]

_MOST: Final = 4096

Versioned = tuple[int, Features | None]
"""The version of an activity's features, and these; None while it is not matchable."""


class KnownFeatures:
    """The features last read of at most `most` activities, each good for as long as its version stands.

    All are forgotten when a rebuild has put another table in the place of theirs.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._table: int | None = None
        self._known: dict[int, Versioned] = {}

    def recall(self, versions: Iterable[Row]) -> dict[int, Versioned]:
        """Of rows of `read_feature_versions`, the features that still stand."""
        found: dict[int, Versioned] = {}
        for activity, version, table in versions:
            if table != self._table:
                self._known.clear()
                self._table = table
            known = self._known.get(activity)
            if known is not None and known[0] == version:
                found[activity] = known
        return found

    def keep(self, read: Mapping[int, Versioned]) -> None:
        """Remember what was just read; what has been known longest is forgotten."""
        self._known |= read
        for oldest in list(islice(self._known, max(0, len(self._known) - self._most))):
            del self._known[oldest]
