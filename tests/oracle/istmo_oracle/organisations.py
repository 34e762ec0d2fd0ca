"""Merges of organisation records, plainly."""

from collections.abc import Iterable

__all__ = ["standing_for"]


def standing_for(record: str, merges: Iterable[tuple[str, str]]) -> str:
    """The record that stands for `record` after merges, each (kept, merged), none of which is undone."""
    pairs = set(merges)
    one = {record}
    while True:
        more = {end for pair in pairs if one & set(pair) for end in pair} - one
        if not more:
            break
        one |= more
    kept = [member for member in one if not any(merged == member for _, merged in pairs)]
    return min(kept or one)
