"""The elements of an IATI file one by one, in bounded memory, trusting nothing in it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from typing import IO, Final, TypeAlias

from lxml import etree

from istmo_common.errors import IstmoError
from istmo_common.problems import FieldError, field_error

__all__ = ["MOST_ELEMENTS", "Source", "StreamedActivity", "UnreadableFile", "check_beginning", "stream_activities"]

Source: TypeAlias = str | PathLike[str] | IO[bytes]

MOST_ELEMENTS: Final = 200_000
"""How many elements one activity may have. A thousandth of that is usual, and the contract takes far less."""
_VERSIONS: Final = ("2.01", "2.02", "2.03")


class UnreadableFile(IstmoError):
    """The file as a whole cannot be read, or not beyond a place in it; what came before was read."""

    def __init__(self, code: str, *, line: int = 0, column: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.line = line
        self.column = column

    def told(self, language: str) -> FieldError:
        """What is wrong and what would be right."""
        return field_error("", self.code, language, line=self.line, column=self.column)


@dataclass(frozen=True, slots=True)
class StreamedActivity:
    """The `iati-activity` at `position`, from 1; `element` is None where it has more than `MOST_ELEMENTS`.

    The element is emptied when the next one is asked for.
    """

    position: int
    element: etree._Element | None


def stream_activities(source: Source, kept_out: Counter[str]) -> Iterator[StreamedActivity]:
    """Every activity of the file. What else stands beside them is counted in `kept_out`. Raises `UnreadableFile`.

    One thread has to read it from the first to the last: names belong to the parser of the thread that met them, and
    lxml frees those of another one wrongly, which ends the process.
    """
    events = etree.iterparse(
        source,
        events=("start", "end"),
        load_dtd=False,
        no_network=True,
        resolve_entities=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        yield from _Walk(kept_out).walk(events)
    except etree.XMLSyntaxError as error:
        raise UnreadableFile("file_not_xml", line=error.lineno or 0, column=error.offset or 0) from None


def check_beginning(source: Source) -> None:
    """See that a file is one of activities, and can be read to the end of the first. Raises `UnreadableFile`."""
    next(stream_activities(source, Counter()), None)


class _Walk:
    """Where the parser stands: how deep, in which activity, and how much of it there was."""

    def __init__(self, kept_out: Counter[str]) -> None:
        self._kept_out = kept_out
        self._position = 0
        self._depth = 0
        self._elements = 0

    def walk(self, events: Iterator[tuple[str, etree._Element]]) -> Iterator[StreamedActivity]:
        for event, element in events:
            if event == "start":
                self._start(element)
                continue
            self._depth -= 1
            if self._depth == 1:
                yield from self._ended(element)
                _forget(element)
            elif self._elements > MOST_ELEMENTS:
                _forget(element)

    def _start(self, element: etree._Element) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth == 1:
            _check_root(element)
            self._kept_out.update(f"iati-activities/@{name}" for name in map(str, element.attrib) if name != "version")
        elif self._depth == 2:
            self._elements = 1

    def _ended(self, element: etree._Element) -> Iterator[StreamedActivity]:
        if element.tag != "iati-activity":
            self._kept_out[f"iati-activities/{element.tag!s}"] += 1
            return
        self._position += 1
        yield StreamedActivity(self._position, None if self._elements > MOST_ELEMENTS else element)


def _check_root(root: etree._Element) -> None:
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableFile("file_doctype", line=1)
    if root.tag != "iati-activities":
        raise UnreadableFile("file_root", line=1)
    if root.get("version", "").strip() not in _VERSIONS:
        raise UnreadableFile("file_version", line=1)


def _forget(element: etree._Element) -> None:
    parent = element.getparent()
    element.clear()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]
