"""Whom a report means by a participating organisation, a provider or a receiver, and what shows it."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from istmo_common.codelists import COUNTRIES
from istmo_registry.domain.data import read_data
from istmo_registry.domain.directory import Directory, Naming
from istmo_registry.domain.words import plain

__all__ = ["Evidence", "Outcome", "Reference", "Resolution", "resolve", "says_nobody"]

Outcome = Literal["resolved", "ambiguous", "unknown", "unnamed"]
"""One organisation is meant; several may be; none that the directory knows; or the report names nobody."""

Evidence = Literal["identifier"] | Naming

_SILENT: Final = frozenset(read_data("words.json")["silent_organisations"])


class Reference(NamedTuple):
    """An organisation as a report states it: its identifier there, its names in any language.

    `country` is the one (ISO 3166-1) in which all of the report works, None where it works in several or tells none.
    """

    identifier: str | None
    names: tuple[str, ...]
    country: str | None = None


class Resolution(NamedTuple):
    """What a reference comes to. `evidence` and `by` say what names the organisation: which kind, and which text.

    `candidates`: ids of all that are named where they are several and not of one line.
    """

    outcome: Outcome
    organisation: str | None = None
    evidence: Evidence | None = None
    by: str | None = None
    candidates: tuple[str, ...] = ()


class _Clue(NamedTuple):
    """A text of a reference, and the organisations that it names: mostly one."""

    named: frozenset[str]
    evidence: Evidence
    by: str


@lru_cache(maxsize=8192)
def resolve(reference: Reference, directory: Directory) -> Resolution:
    """Whom `reference` means.

    Identifier and names must agree, or be of one line (an agency and those above it: then the agency is meant). A text
    that names several tells only where nothing names one.
    """
    clues = list(_clues(reference, directory))
    named = frozenset[str]().union(*(clue.named for clue in clues if len(clue.named) == 1))
    if not named and clues:
        told = [clue.named for clue in clues]
        named = frozenset.intersection(*told) or frozenset.union(*told)
    meant = _lowest(named, directory)
    if len(meant) == 1:
        [organisation] = meant
        best = min((clue for clue in clues if organisation in clue.named), key=lambda clue: len(clue.named))
        return Resolution("resolved", organisation, best.evidence, best.by)
    if meant:
        return Resolution("ambiguous", candidates=tuple(sorted(meant)))
    return Resolution("unnamed" if says_nobody(reference) else "unknown")


def _clues(reference: Reference, directory: Directory) -> Iterator[_Clue]:
    """What names somebody, the identifier first."""
    names = reference.names
    if reference.identifier is not None:
        named = directory.by_identifier(reference.identifier)
        if named:
            yield _Clue(named, "identifier", reference.identifier)
        elif " " in reference.identifier.strip():
            # Some files put the name there.
            names = (reference.identifier, *names)
    country = None if _is_foreign(reference) else reference.country
    for name in names:
        namings = directory.by_name(name, country)
        lowest = _lowest(frozenset(namings), directory)
        if lowest:
            yield _Clue(lowest, namings[min(lowest)], name)


def _is_foreign(reference: Reference) -> bool:
    """Whether the identifier is of another country than that in which the report works (ISO 3166-1, then a dash)."""
    prefix, dash, _ = (reference.identifier or "").strip().upper().partition("-")
    return bool(dash) and prefix in COUNTRIES and prefix != reference.country


def _lowest(named: frozenset[str], directory: Directory) -> frozenset[str]:
    """The one of which all others are above, where they are of one line (an agency and its department); else all."""
    below = [one for one in named if all(other == one or other in directory.above(one) for other in named)]
    return frozenset(below) if len(below) == 1 else named


def says_nobody(reference: Reference) -> bool:
    """Whether a reference is empty, redacted, or names a kind of organisation ("Enterprise - Redacted")."""
    if not reference.names:
        return not (reference.identifier or "").strip()
    return any(not _SILENT.isdisjoint(plain(name).split()) for name in reference.names)
