"""The first phase of fold: the directory by which reports are read, and whom a change of it concerns.

Whoever folds reports shares the table of merges, whoever folds a record or a merge has it alone, from the beginning of
the transaction: so no report is read by a directory that is no more, and a change finds every activity that was folded
under what stood before it, by whom that names.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from istmo_common.events.organisations import OrganisationChanged
from istmo_registry.domain.directory import KNOWN_DIRECTORY, Directory, amendments_in, directory_under
from istmo_registry.domain.marks import meaning_of
from istmo_registry.domain.merges import Merge
from istmo_registry.domain.resolving import Reference
from istmo_registry.stages.incoming_organisations import IncomingMerge
from istmo_registry.store import activities, directory, merges
from istmo_registry.store.statement import Stage, each

__all__ = ["KnownDirectory", "fold_directory"]


_Made = tuple[tuple[int, ...], frozenset[Merge]]


@dataclass(slots=True)
class KnownDirectory:
    """The directory as last read, and what it is made of: the stamp of the records, and the merges that stand."""

    made_of: _Made = ((), frozenset())
    directory: Directory = KNOWN_DIRECTORY


def fold_directory(
    records: Sequence[OrganisationChanged], joined: Sequence[IncomingMerge], known: KnownDirectory
) -> Stage[tuple[Directory, list[int]]]:
    """Store records and merges of a batch: the directory from now on, and the activities that it reads otherwise."""
    known.made_of, before = yield from _standing(known)
    known.directory = before
    if not records and not joined:
        return before, []
    if joined:
        yield merges.insert_merges(joined)
    if records:
        yield from _store(records)
    # Not remembered: this transaction may yet come to nothing, and another one to the same stamp.
    _, after = yield from _standing(known)
    return after, [] if after is before else (yield from _concerned(before, after))


def _standing(known: KnownDirectory) -> Stage[tuple[_Made, Directory]]:
    [(*stamp, told)] = yield directory.read_standing()
    made_of = tuple(stamp), frozenset(Merge(*merge) for merge in told)
    if made_of == known.made_of:
        return made_of, known.directory
    records = [OrganisationChanged.read(row[0]) for row in (yield directory.read_records())]
    return made_of, directory_under(made_of[1], amendments_in(records))


def _store(records: Sequence[OrganisationChanged]) -> Stage[None]:
    newest: dict[str, OrganisationChanged] = {}
    for record in records:
        if record.id not in newest or newest[record.id].version < record.version:
            newest[record.id] = record
    yield directory.upsert_records(newest.values())
    written = {row[0] for row in (yield directory.upsert_organisations(newest.values()))}
    yield from each(directory.replace_names(newest[name] for name in sorted(written)))


def _concerned(before: Directory, after: Directory) -> Stage[list[int]]:
    """Whoever names somebody of whom the two say different things."""
    named = [Reference(identifier, tuple(names), home) for identifier, names, home in (yield activities.read_parties())]
    other = [one for one in named if meaning_of(one, before) != meaning_of(one, after)]
    if not other:
        return []
    return [row[0] for row in (yield activities.read_naming(other))]
