"""What match has read and compared: an activity is compared with many, and a pair comes up again from its other end,
after a round in which somebody was quicker, and when a key comes to life.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from istmo_registry.domain.features import Features
from istmo_registry.store.pairs import PairRow
from istmo_registry.store.statement import Row

__all__ = ["KnownFeatures", "Versioned"]

_MOST: Final = 16_384
_MOST_PAIRS: Final = 65_536

Versioned = tuple[int, Features | None]
"""The version of an activity's features, and these; None while it is not matchable."""

_Row: TypeAlias = PairRow | None
_Compared: TypeAlias = tuple[tuple[int, int], _Row]


class KnownFeatures:
    """The features last read of at most `most` activities, each good for as long as its version stands.

    Beside them what at most `most_pairs` pairs came to, good for as long as both versions stand. All are forgotten when
    a rebuild has put another table in the place of theirs. What has been known longest is forgotten first.
    """

    def __init__(self, most: int = _MOST, most_pairs: int = _MOST_PAIRS) -> None:
        self._most, self._most_pairs = most, most_pairs
        self._table: int | None = None
        # A plain dictionary whose oldest go one by one is searched through all of those that went.
        self._known: OrderedDict[int, Versioned] = OrderedDict()
        self._compared: OrderedDict[tuple[int, int], _Compared] = OrderedDict()

    def recall(self, versions: Iterable[Row]) -> dict[int, Versioned]:
        """Of rows of `read_feature_versions`, the features that still stand."""
        found: dict[int, Versioned] = {}
        for activity, version, table in versions:
            if table != self._table:
                self._known.clear()
                self._compared.clear()
                self._table = table
            known = self._known.get(activity)
            if known is not None and known[0] == version:
                found[activity] = known
        return found

    def keep(self, read: Mapping[int, Versioned]) -> None:
        """Remember what was just read."""
        self._known.update(read)
        _forget(self._known, self._most)

    def compared(self, ends: tuple[int, int], versions: tuple[int, int], compare: Callable[[], _Row]) -> _Row:
        """What the pair of activities in these versions comes to: `compare` is asked where that is not known."""
        known = self._compared.get(ends)
        if known is None or known[0] != versions:
            known = self._compared[ends] = (versions, compare())
            _forget(self._compared, self._most_pairs)
        return known[1]


def _forget(known: OrderedDict[Any, Any], most: int) -> None:
    while len(known) > most:
        known.popitem(last=False)
