"""One element of the file, read; what nobody reads of it is kept out loudly."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Final

from lxml import etree

from istmo_ingest.iati.cells import Absent, Cell, Placed, Text

__all__ = ["Node", "Notes", "read_each"]

_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_DAY_WITH_ZONE: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(Z|[+-][0-9]{2}:[0-9]{2})")
_DECIMAL: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")
_FLAGS: Final = {"1": True, "true": True, "0": False, "false": False}


class Notes:
    """What one activity adds to the summary beside its payload."""

    def __init__(self) -> None:
        self.kept_out: Counter[str] = Counter()
        self.repeated: set[str] = set()
        """Places of elements that stand more than once where IATI has one."""
        self.dates_with_zone = 0


class Node:
    """An element with its place (an XPath) and the default language that governs it. Reading marks what was read."""

    def __init__(self, element: etree._Element, place: str, notes: Notes, language: str | None = None) -> None:
        self.place = place
        self.notes = notes
        self._element = element
        self._language = element.get(_LANGUAGE, language)
        self._read: set[str] = {_LANGUAGE}
        self._children: dict[str, list[Node]] = {}

    def attribute(self, name: str) -> Cell:
        """What the attribute says."""
        self._read.add(name)
        return self._cell(self._element.get(name), f"{self.place}/@{name}")

    def flag(self, name: str) -> Cell | bool:
        """true or false; anything else as it stands, for the contract to refuse."""
        cell = self.attribute(name)
        return _FLAGS.get(cell, cell) if isinstance(cell, Text) else cell

    def day(self, name: str = "iso-date") -> Cell:
        """An `xs:date`. Its zone, which says nothing about which day is meant, is counted and dropped."""
        cell = self.attribute(name)
        match = _DAY_WITH_ZONE.fullmatch(cell) if isinstance(cell, Text) else None
        if match is None:
            return cell
        self.notes.dates_with_zone += 1
        return Text(match.group(1), cell.place)

    def decimal_attribute(self, name: str) -> Cell:
        """An `xs:decimal`, spelled as the contract spells it."""
        return _decimal(self.attribute(name))

    def text(self) -> Cell:
        """What the element itself says."""
        self._read.add("text()")
        return self._cell(self._element.text, self.place)

    def decimal(self) -> Cell:
        """The same, read as an `xs:decimal`."""
        return _decimal(self.text())

    def each(self, tag: str) -> list["Node"]:
        """The children of this name, in the file's order."""
        if tag not in self._children:
            found = self._element.findall(tag)
            self._children[tag] = [
                Node(child, self._place(tag, position, len(found)), self.notes, self._language)
                for position, child in enumerate(found, start=1)
            ]
        return self._children[tag]

    def one(self, tag: str) -> "Node | None":
        """The only child of this name; that there are more is noted, since nobody can say which is meant."""
        children = self.each(tag)
        if len(children) > 1:
            self.notes.repeated.add(children[1].place)
        return children[0] if children else None

    def of(self, tag: str, attribute: str) -> Cell:
        """What an attribute of the only child of this name says."""
        child = self.one(tag)
        return self.nothing(f"{tag}/@{attribute}") if child is None else child.attribute(attribute)

    def narratives(self) -> list[Placed]:
        """The texts of this element, each with its own language or the nearest stated around it."""
        return [node._narrative(cell) for node in self.each("narrative") if isinstance(cell := node.text(), Text)]

    def narratives_of(self, tag: str) -> list[Placed]:
        """The texts of the only child of this name."""
        child = self.one(tag)
        return [] if child is None else child.narratives()

    def nothing(self, step: str) -> Absent:
        """That nothing is stated at a step below this element."""
        return Absent(f"{self.place}/{step}")

    def keep_out(self, reason: str = "") -> None:
        """Leave this element out, and say so."""
        self.notes.kept_out[self._name() + reason] += 1

    def finish(self) -> None:
        """Note all that was not read of this element and of those within it."""
        for name in map(str, self._element.attrib):
            if name not in self._read:
                self.notes.kept_out[f"{self._name()}/@{name}"] += 1
        if "text()" not in self._read and (self._element.text or "").strip():
            self.notes.kept_out[f"{self._name()}/text()"] += 1
        for tag in (str(child.tag) for child in self._element.iterchildren("*")):
            if tag not in self._children:
                self.notes.kept_out[f"{self._name()}/{tag}"] += 1
        for node in self._nodes():
            node.finish()

    def _nodes(self) -> Iterator["Node"]:
        for nodes in self._children.values():
            yield from nodes

    def _narrative(self, text: Text) -> Placed:
        language = (self._language or "").strip().lower()
        place = f"{self.place}/@xml:lang"
        return Placed(self.place, text=text, language=Text(language, place) if language else None)

    def _place(self, tag: str, position: int, count: int) -> str:
        return f"{self.place}/{tag}[{position}]" if count > 1 else f"{self.place}/{tag}"

    def _name(self) -> str:
        return re.sub(r"\[[0-9]+\]", "", self.place.removeprefix("/iati-activities/"))

    @staticmethod
    def _cell(text: str | None, place: str) -> Cell:
        stripped = (text or "").strip()
        return Text(stripped, place) if stripped else Absent(place)


def read_each(nodes: Iterable[Node], read: Callable[[Node], Placed], *needed: str) -> list[Placed]:
    """What `read` makes of each node. One that lacks what it `needed` to say is kept out, with what it lacks."""
    found = []
    for node in nodes:
        placed = read(node)
        lacking = [placed.absent.get(name, name).rpartition("/")[2] for name in needed if name not in placed]
        if lacking:
            node.keep_out(f" (no {', '.join(lacking)})")
        else:
            found.append(placed)
    return found


def _decimal(cell: Cell) -> Cell:
    """The same number without plus sign, bare point or exponent, digit by digit; what is no number stays as it is."""
    if not isinstance(cell, Text) or _DECIMAL.fullmatch(cell) is None:
        return cell
    return Text(f"{Decimal(cell):f}", cell.place)
