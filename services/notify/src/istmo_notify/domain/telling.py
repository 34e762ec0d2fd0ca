"""From what readers hear to the items of their lists."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from istmo_common.catalogue import Language
from istmo_notify.domain.filters import Filter
from istmo_notify.domain.views import Item, View, item_of
from istmo_notify.domain.world import Heard

__all__ = ["Lists"]


class Lists:
    """The open lists, and what is to be written at the end of each."""

    def __init__(self, views: Iterable[View]) -> None:
        self._of: defaultdict[tuple[str | None, Language], list[tuple[str, Filter]]] = defaultdict(list)
        for view in views:
            self._of[view.reader, view.language].append((view.id, view.filter))
        self.told: defaultdict[str, list[tuple[Item, str | None]]] = defaultdict(list)
        """By list, the new items in order, each with its trace context."""
        self.items = 0
        """How many these are."""

    @property
    def audience(self) -> Sequence[str | None]:
        """The readers that have a list."""
        return list(dict.fromkeys(reader for reader, _ in self._of))

    def tell(self, heard: Iterable[Heard], traceparent: str | None) -> None:
        """Write what was heard into every list that it belongs into."""
        for one in heard:
            for name, chosen in self._of.get((one.reader, one.language), ()):
                item = item_of(one.change, chosen)
                if item is not None:
                    self.told[name].append((item, traceparent))
                    self.items += 1
