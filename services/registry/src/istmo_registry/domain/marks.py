"""What matching compares organisations by."""

from functools import lru_cache
from typing import Final

from istmo_registry.domain.directory import ISTHMUS_GOVERNMENT, Directory
from istmo_registry.domain.resolving import Reference, resolve, says_nobody
from istmo_registry.domain.words import concepts_in, plain

__all__ = ["marks_of", "meaning_of"]


_GOVERNMENTS: Final = frozenset({ISTHMUS_GOVERNMENT, "us-agency", "other-nation"})
"""The kinds of organisations whose agencies are one government's."""


@lru_cache(maxsize=8192)
def marks_of(reference: Reference, directory: Directory) -> frozenset[str]:
    """What an organisation is compared by.

    `=id` of the directory and `^id` of those above it, `%id` of governments among these, of each one that may be meant;
    for one that it does not know `!identifier`, and `~` with the concepts of its name. Names that say nothing
    ("Enterprise - Redacted") give nothing.
    """
    resolution = resolve(reference, directory)
    meant = resolution.candidates or ((resolution.organisation,) if resolution.organisation is not None else ())
    if meant:
        above = {one for organisation in meant for one in directory.above(organisation)}
        governments = {one for one in above if directory.kind(one) in _GOVERNMENTS}
        marked = (("=", meant), ("^", above), ("%", governments))
        return frozenset([f"{mark}{one}" for mark, organisations in marked for one in organisations])
    marks: set[str] = set()
    if reference.identifier is not None and not reference.identifier.isdecimal():
        marks.add(f"!{reference.identifier.upper()}")
    for name in reference.names:
        concepts = sorted(set(concepts_in(plain(name).split())))
        if concepts and not says_nobody(Reference(None, (name,))):
            marks.add("~" + " ".join(concepts))
    return frozenset(marks)


def meaning_of(reference: Reference, directory: Directory) -> tuple[frozenset[str], frozenset[str | None]]:
    """All that matching takes from the directory for an organisation: its marks, and the kinds of those it may be."""
    marks = marks_of(reference, directory)
    return marks, frozenset(directory.kind(mark[1:]) for mark in marks if mark[0] == "=")
