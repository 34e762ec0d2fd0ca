"""The first phase of fold: which organisations are one, and whom a merge or its undoing concerns.

Whoever folds reports shares the table of merges, whoever folds a merge has it alone, from the beginning of the
transaction: so no report is read under merges that are no more, and a merge finds every activity that was folded under
those before it, by what matching reads of it.
"""

from collections.abc import Mapping, Sequence

from istmo_registry.domain.directory import Directory, directory_under
from istmo_registry.domain.marks import marks_naming
from istmo_registry.domain.merges import Merge, kept_by
from istmo_registry.stages.incoming_organisations import IncomingMerge
from istmo_registry.store import activities, merges
from istmo_registry.store.statement import Stage

__all__ = ["fold_merges"]


def fold_merges(batch: Sequence[IncomingMerge]) -> Stage[tuple[Directory, list[int]]]:
    """Store the merges of a batch: the directory from now on, and the activities that it says other things of."""
    before = yield from _standing()
    if not batch:
        return directory_under(before), []
    yield merges.insert_merges(batch)
    after = yield from _standing()
    changed = _changed(kept_by(before), kept_by(after))
    touched = (yield activities.read_marked(marks_naming(changed))) if changed else []
    return directory_under(after), [row[0] for row in touched]


def _standing() -> Stage[frozenset[Merge]]:
    return frozenset(Merge(*row) for row in (yield merges.read_standing()))


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    """What the records that mean another organisation now meant before."""
    records = before.keys() | after.keys()
    return {before.get(one, one) for one in records if before.get(one, one) != after.get(one, one)}
