"""Who is meant by an organisation's identifier or name: the directory as matching asks it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

from istmo_registry.domain.data import read_data
from istmo_registry.domain.words import concepts_in, plain

__all__ = ["KNOWN_ORGANISATIONS", "Directory", "Organisation", "Organisations", "known_organisations", "marks_of"]


class Directory(Protocol):
    """What resolves an organisation: `None` where nobody is known by that."""

    def by_identifier(self, identifier: str) -> str | None:
        """The id of the organisation of this identifier."""

    def by_name(self, name: str) -> str | None:
        """The id of the organisation of this name or alias, whatever its spelling."""

    def family_of(self, id: str) -> str | None:
        """The id of the organisation above it."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation of the directory: `names` in any language, and acronyms."""

    id: str
    identifiers: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    family: str | None = None


@dataclass(slots=True)
class Organisations:
    """A directory of given organisations. A name that several have is nobody's."""

    organisations: Iterable[Organisation]
    _identifiers: dict[str, str] = field(init=False, default_factory=dict)
    _names: dict[str, str | None] = field(init=False, default_factory=dict)
    _families: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for known in sorted(self.organisations, key=lambda organisation: organisation.id):
            if known.family is not None:
                self._families[known.id] = known.family
            for identifier in known.identifiers:
                self._identifiers.setdefault(identifier.upper(), known.id)
            for name in {plain(name) for name in known.names}:
                self._names[name] = known.id if self._names.get(name, known.id) == known.id else None

    def by_identifier(self, identifier: str) -> str | None:
        """The id of the organisation of this identifier."""
        return self._identifiers.get(identifier.upper())

    def by_name(self, name: str) -> str | None:
        """The id of the organisation of this name or alias; for `AECID - Agencia …` and `Agencia … (AECID)` too."""
        spelled = plain(name)
        if spelled in self._names:
            return self._names[spelled]
        for part in _parts(name):
            found = self._names.get(plain(part))
            if found is not None:
                return found
        return None

    def family_of(self, id: str) -> str | None:
        """The id of the organisation above it."""
        return self._families.get(id)


def _parts(name: str) -> list[str]:
    """What stands before, within and after brackets and dashes."""
    split = name
    for mark in ("(", ")", " - ", " / ", " – ", "[", "]"):
        split = split.replace(mark, "\n")
    return [part.strip() for part in split.split("\n") if part.strip()] if split != name else []


def known_organisations() -> tuple[Organisation, ...]:
    """Organisations that matter here, from public knowledge."""
    return tuple(
        Organisation(known["id"], tuple(known["identifiers"]), tuple(known["names"]), known.get("family"))
        for known in read_data("organisations.json")
    )


KNOWN_ORGANISATIONS: Final = Organisations(known_organisations())
"""The directory that matching asks as long as nobody hands it another."""

_SILENT: Final = frozenset(read_data("words.json")["silent_organisations"])


def marks_of(identifier: str | None, names: Iterable[str], directory: Directory) -> set[str]:
    """What an organisation is compared by.

    `=id` of the directory and `^id` of those above it; for one that it does not know `!identifier`, and `~` with the
    concepts of its name. Names that say nothing ("Enterprise - Redacted") give nothing.
    """
    marks: set[str] = set()
    found = {directory.by_name(name) for name in names}
    if identifier is not None:
        found.add(directory.by_identifier(identifier))
    known = {one for one in found if one is not None}
    for organisation in known:
        marks.add(f"={organisation}")
        above = directory.family_of(organisation)
        while above is not None and f"^{above}" not in marks:
            marks.add(f"^{above}")
            above = directory.family_of(above)
    if known:
        return marks
    if identifier is not None and not identifier.isdecimal():
        marks.add(f"!{identifier.upper()}")
    for name in names:
        words = plain(name).split()
        concepts = sorted(set(concepts_in(words)))
        if concepts and _SILENT.isdisjoint(words):
            marks.add("~" + " ".join(concepts))
    return marks
