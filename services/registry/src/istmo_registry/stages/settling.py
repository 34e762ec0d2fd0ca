"""The pure outcome of a resolution: programmes, fates of money and findings of everything inside."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from istmo_common.events.outcomes import ProgrammeOutcome
from istmo_registry.domain.clustering import Clustering, Edge, join
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.ledger import Fate, Line, fates, measure_of
from istmo_registry.domain.outcomes import outcome_of
from istmo_registry.domain.parameters import Parameters
from istmo_registry.stages.noticing import Noticed, notice
from istmo_registry.stages.publications import spelled
from istmo_registry.stages.stored import MOST_LINES, Activity, Stored
from istmo_registry.store.entries import EntryRow, SplitRow
from istmo_registry.store.members import MemberRow

__all__ = ["Composed", "Settled", "settle"]

_Line = tuple[int, str]


class Composed(NamedTuple):
    """What is to be published of a programme, the same as canonical JSON, and whether anybody may read it."""

    outcome: ProgrammeOutcome
    text: str
    clear: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """What everything inside comes to, by row ids."""

    members: dict[int, MemberRow] = field(default_factory=dict)
    programmes: dict[int, Composed] = field(default_factory=dict)
    entries: dict[_Line, EntryRow] = field(default_factory=dict)
    splits: dict[_Line, frozenset[SplitRow]] = field(default_factory=dict)
    noticed: Noticed = field(default_factory=Noticed)


def settle(stored: Stored, parameters: Parameters) -> Settled:
    """Compute it: a function of what is stored, and of nothing else."""
    standing = {activity.name: activity for activity in stored.within if activity.state == "standing"}
    joined = _join(stored, standing, parameters)
    programmes = [[standing[name] for name in sorted(names)] for names in joined.programmes]
    settled = Settled(noticed=notice(stored, programmes))
    for members in programmes:
        few = sum(len(member.rows) for member in members) <= MOST_LINES >= len(members)
        programme = (_settled if few else _settled.__wrapped__)(tuple(members))
        settled.members.update(programme.members)
        settled.programmes.update(programme.programmes)
        settled.entries.update(programme.entries)
        settled.splits.update(programme.splits)
    for activity in stored.within:
        if activity.state != "standing":
            settled.members[activity.id] = MemberRow(activity.id)
            _settle_money([activity], None, settled)
    _tell_raised(joined, standing, settled)
    return settled


def _join(stored: Stored, standing: Iterable[ActivityId], parameters: Parameters) -> Clustering:
    """The programmes of what stands inside."""
    within = [pair for pair in stored.pairs if pair.a in stored.inside and pair.b in stored.inside]
    ends = {activity.id: activity.name for activity in stored.within}
    edges = [
        Edge(pair.score, ends[pair.a], ends[pair.b])
        for pair in within
        if pair.verdict == "same" or (pair.a, pair.b) in stored.mutual
    ]
    cannot = [(ends[pair.a], ends[pair.b]) for pair in within if pair.verdict == "linked"]
    return join(standing, edges, cannot, largest=parameters.largest_programme, raised_lines=parameters.raised_lines)


def _tell_raised(joined: Clustering, standing: Mapping[ActivityId, Activity], settled: Settled) -> None:
    """Keep of each member of a piece that was too large what it came from, and the last line of its own."""
    # A piece comes before those that it was cut into.
    for piece, line in joined.raised:
        smallest = standing[min(piece)].id
        for name in piece:
            row = settled.members[standing[name].id]
            settled.members[row.activity] = row._replace(piece=row.piece or smallest, merge_line=line)


# Most of what is inside a resolution stands as it did before: what it comes to is remembered by its activities.
@lru_cache(maxsize=2048)
def _settled(members: tuple[Activity, ...]) -> Settled:
    """What one programme comes to, but for what is noticed of it."""
    settled = Settled()
    root = members[0]
    smallest: dict[str, int] = {}
    for member in members:
        smallest.setdefault(member.name.reporter, member.id)
        settled.members[member.id] = MemberRow(member.id, root.id, smallest[member.name.reporter])
    decided = _settle_money(members, root.id, settled)
    outcome = outcome_of(root.handle, [member.member for member in members], decided)
    settled.programmes[root.id] = Composed(outcome, spelled(outcome), outcome.label.label().is_clear)
    return settled


def _settle_money(members: Sequence[Activity], root: int | None, settled: Settled) -> list[tuple[Line, Fate]]:
    """The fates of the lines of one programme, or of one activity that is in none."""
    ids = {member.name: member.id for member in members}
    decided = fates(
        (line for member in members for line in member.lines), {member.name: member.state for member in members}
    )
    result = []
    for member in members:
        for row, line in zip(member.rows, member.lines, strict=True):
            fate = decided[line.key]
            result.append((line, fate))
            settled.entries[member.id, line.id] = EntryRow(
                activity=member.id,
                transaction=line.id,
                programme=root,
                type=line.type,
                measure=measure_of(line.type),
                date=line.date,
                value=row.value,
                currency=line.currency,
                ref=line.ref,
                clear=line.clear,
                fate=fate.fate,
                reason=fate.reason,
                replaced_by_activity=None if fate.replaced_by is None else ids[fate.replaced_by.activity],
                replaced_by_transaction=None if fate.replaced_by is None else fate.replaced_by.id,
            )
            if fate.fate == "counted":
                settled.splits[member.id, line.id] = member.splits(line)
    return result
