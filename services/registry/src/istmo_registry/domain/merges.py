"""Merges of organisation records, and their undoing: what they come to, whatever order they came in."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

__all__ = ["Merge", "kept_by"]


class Merge(NamedTuple):
    """A merge that nobody has undone: the record `merged` is that of `kept`."""

    kept: str
    merged: str


def kept_by(merges: Iterable[Merge]) -> Mapping[str, str]:
    """For each record that merges take away, the one that is kept in its place.

    Records that merges join, in whatever direction, are one organisation. Kept is the one that no merge takes away; of
    several such the smallest id, and in a ring, where every one is taken away, the smallest id of all.
    """
    merges = frozenset(merges)
    neighbours: dict[str, set[str]] = defaultdict(set)
    for kept, merged in merges:
        neighbours[kept].add(merged)
        neighbours[merged].add(kept)
    taken_away = {merged for _, merged in merges}
    found: dict[str, str] = {}
    for start in sorted(neighbours):
        if start in found:
            continue
        joined = _joined(start, neighbours)
        kept = min(joined - taken_away or joined)
        found |= dict.fromkeys(joined, kept)
    return {record: kept for record, kept in found.items() if record != kept}


def _joined(start: str, neighbours: Mapping[str, Collection[str]]) -> set[str]:
    """All records that merges join to one."""
    joined, ahead = {start}, [start]
    while ahead:
        new = set(neighbours[ahead.pop()]) - joined
        joined |= new
        ahead += new
    return joined
