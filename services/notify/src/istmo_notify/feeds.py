"""Reading lists: any range, as its reader may read it now, once for all who ask for the same at the same moment."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from fastapi.sse import format_sse_event

from istmo_common.canonical import canonical_report
from istmo_common.disclosure import PUBLIC, Reader
from istmo_common.partners import PartnerDirectory
from istmo_common.postgres import Pool
from istmo_notify.domain.filters import EVERYTHING, EntryType, Filter
from istmo_notify.domain.programmes import farewell
from istmo_notify.domain.reading import Entry, Kept, may_read
from istmo_notify.domain.views import seen_through
from istmo_notify.store import lists
from istmo_notify.store.lists import Line, Range

__all__ = ["MOST_ITEMS", "BeyondEnd", "Feeds", "ListClosed", "Page"]

MOST_ITEMS: Final = 500


class ListClosed(LookupError):
    """Nobody follows the list any more, and its epoch has ended."""


class BeyondEnd(ListClosed):
    """The list does not reach the number asked for: that is another epoch's, or nobody's. Silence would hide a gap."""


@dataclass(frozen=True)
class Page:
    """A range of a list: everything in it behind the number `after`, up to and with `until`. `last` is the newest."""

    line: Line
    after: int
    until: int
    entries: tuple[Entry, ...]

    @property
    def last(self) -> int:
        """The number of the newest item of the whole list."""
        return self.line.last

    @cached_property
    def as_events(self) -> bytes:
        """The entries as server-sent events, spelled once for all who read the page."""
        return b"".join(
            format_sse_event(id=f"{e.epoch}-{e.number}", event=e.type or "withheld", data_str=e.body().decode())
            for e in self.entries
        )

    def body(self) -> bytes:
        """The page as JSON."""
        place = {
            "after": self.after,
            "epoch": self.line.epoch,
            "last": self.last,
            "until": self.until,
            "view": self.line.view,
        }
        items = b",".join(entry.body() for entry in self.entries)
        return b'{"items":[' + items + b"]," + canonical_report(place)[1:]


class Feeds:
    """The lists as they are read. Concurrent readers at one place of a list share one look at the tables."""

    def __init__(self, pool: Pool, directory: PartnerDirectory) -> None:
        self._pool = pool
        self._directory = directory
        self._looking: dict[Any, asyncio.Task[Page]] = {}

    async def line(self, view: str) -> Line:
        """Where a list stands. Raises `ListClosed`."""
        async with self._pool.connection() as connection:
            return await _line(connection, view)

    async def page(self, view: str, reader: Reader, after: int, limit: int = MOST_ITEMS) -> Page:
        """Up to `limit` entries of the list of `reader` behind the number `after`. Raises `ListClosed`, `BeyondEnd`."""
        return await self._shared((view, reader, after, limit), lambda: self._page(view, reader, after, limit))

    async def public_page(self, view: str, filter: Filter, after: int, limit: int = MOST_ITEMS) -> Page:
        """What `filter` lets through of up to `limit` entries of a public list. Raises `ListClosed`, `BeyondEnd`."""
        if filter == EVERYTHING:
            return await self.page(view, PUBLIC, after, limit)
        return await self._shared((view, filter, after, limit), lambda: self._filtered(view, filter, after, limit))

    async def _page(self, view: str, reader: Reader, after: int, limit: int) -> Page:
        async with self._pool.connection() as connection:
            line = await _line(connection, view, after)
            entries = await lists.read(connection, Range(line, reader, after), self._directory, limit)
        return _page(line, after, entries[-1].number if entries else after, entries)

    async def _filtered(self, view: str, filter: Filter, after: int, limit: int) -> Page:
        async with self._pool.connection() as connection:
            line = await _line(connection, view, after)
            kept = await lists.kept_items(connection, line, after, limit)
            sight = await lists.sight_of(connection, (one.item for one in kept))
        entries = []
        for one in kept:
            seen = seen_through(filter, one.item, farewell(one.item.id))
            if seen is not None:
                readable = seen[0] == "programme.gone" or may_read(one.item, sight, PUBLIC)
                entries.append(_entry(line, one, *seen) if readable else Entry(line.view, line.epoch, one.number))
        return _page(line, after, kept[-1].number if kept else after, entries)

    async def _shared(self, key: Any, look: Callable[[], Coroutine[Any, Any, Page]]) -> Page:
        task = self._looking.get(key)
        # A look that has ended is awaited without pause. Who asks for what is newer would ask for ever, and nobody else
        # would have a turn to forget it.
        if task is None or task.done():
            task = self._looking[key] = asyncio.create_task(look())
            task.add_done_callback(lambda done: self._forget(key, done))
        # One who goes away does not take the others' answer along.
        return await asyncio.shield(task)

    def _forget(self, key: Any, done: "asyncio.Task[Page]") -> None:
        if self._looking.get(key) is done:
            del self._looking[key]
        if not done.cancelled():
            # Whoever asked may have gone away: an error that nobody is left to hear is no error.
            done.exception()


async def _line(connection: lists.Connection, view: str, after: int = 0) -> Line:
    line = await lists.find_view(connection, view)
    if line is None:
        raise ListClosed(view)
    if after > line.last:
        raise BeyondEnd(view)
    return line


def _page(line: Line, after: int, until: int, entries: Sequence[Entry]) -> Page:
    # More may have been told between the two looks.
    return Page(Line(line.view, line.epoch, max(line.last, until)), after, until, tuple(entries))


def _entry(line: Line, kept: Kept, type: EntryType, data: bytes) -> Entry:
    return Entry(line.view, line.epoch, kept.number, type, data, kept.told, kept.traceparent)
