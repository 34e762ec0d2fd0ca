"""The pure outcome of a resolution, its second half: findings about everything inside, and what each rests on."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from istmo_common.events.outcomes import Evidence, FindingRaised, FindingSide
from istmo_registry.domain.explaining import explain
from istmo_registry.domain.findings import Finding, duplicate_between, duplicates_within, oddities_of
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.outcomes import Member, side_of
from istmo_registry.stages.publications import spelled
from istmo_registry.stages.stored import MOST_LINES, Activity, Stored
from istmo_registry.store.findings import SupportRow
from istmo_registry.store.pairs import PairRow

__all__ = ["Noticed", "Raised", "notice"]

_Side = tuple[str, tuple[Member, ...]]
"""A programme's handle, and those of its members that are one side of a finding."""
_Sides = tuple[_Side, ...]
_Told = tuple[Decimal, str]
"""Score and evidence of the pair between two sides."""


@dataclass(frozen=True, slots=True)
class Raised:
    """A finding, what is to be said of it (with version 0), the same as canonical JSON without version, and the row ids
    of the activities on its sides."""

    finding: Finding
    content: FindingRaised
    text: str
    concerns: frozenset[int]


@dataclass(frozen=True, slots=True)
class Noticed:
    """Findings by key, and what they rest on."""

    findings: dict[str, Raised] = field(default_factory=dict)
    support: set[SupportRow] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Home:
    """A programme: its handle and its members; beyond the rim only those of one reporter."""

    handle: str
    members: Sequence[Activity]

    @property
    def names(self) -> list[ActivityId]:
        return [member.name for member in self.members]


def notice(stored: Stored, programmes: Sequence[Sequence[Activity]]) -> Noticed:
    """What is to be noticed about the activities inside, whose `programmes` were just computed."""
    homes = _homes(stored, programmes)
    noticed = Noticed()
    composing = _Composing(stored, homes)
    for found, rests_on in _found(stored, programmes, homes):
        ends = sorted((rests_on[0].id, rests_on[-1].id))
        key = found.key
        noticed.support.add(SupportRow(ends[0], ends[1], key))
        if key not in noticed.findings:
            noticed.findings[key] = composing.raised(key, found)
    return noticed


def _homes(stored: Stored, programmes: Sequence[Sequence[Activity]]) -> dict[int, _Home]:
    """The programme of each activity that is in one. An activity of the rim that is in none yet has its own work."""
    homes: dict[int, _Home] = {}
    for root, together in stored.beyond.values():
        home = _Home(stored.activities[root].handle, [stored.activities[one] for one in together])
        # Of all of them: a finding goes by the smallest, which need not be on the rim itself.
        homes |= dict.fromkeys(together, home)
    for programme in programmes:
        homes |= {member.id: _Home(programme[0].handle, programme) for member in programme}
    return homes


def _found(
    stored: Stored, programmes: Sequence[Sequence[Activity]], homes: Mapping[int, _Home]
) -> Iterable[tuple[Finding, Sequence[Activity]]]:
    """Each finding with the two activities, or the one, that it rests on; one of several pairs comes several times."""
    for programme in programmes:
        members = {member.name: member for member in programme}
        for found in duplicates_within(members):
            yield found, [members[side] for side in found.sides]
    for pair in stored.pairs:
        if pair.verdict == "possibly-same" and pair.a in homes and pair.b in homes:
            a, b = stored.activities[pair.a], stored.activities[pair.b]
            between = duplicate_between(a.name, homes[a.id].names, b.name, homes[b.id].names)
            if between is not None:
                yield between, [a, b]
    for activity in stored.within:
        odd = oddities_of(
            activity.name,
            clear=activity.clear is True,
            id_conflict=activity.id_conflict,
            older_report=activity.older_report,
        )
        for found in odd:
            yield found, [activity]


class _Composing:
    """Composes what a finding says."""

    def __init__(self, stored: Stored, homes: Mapping[int, _Home]) -> None:
        self._homes = homes
        self._named = {activity.name: activity for activity in stored.activities.values()}
        self._sides: dict[_Side, FindingSide] = {}
        self._pairs: dict[int, list[PairRow]] = defaultdict(list)
        for pair in stored.pairs:
            if pair.verdict != "linked":
                self._pairs[pair.a].append(pair)
                self._pairs[pair.b].append(pair)

    def raised(self, key: str, found: Finding) -> Raised:
        """The finding with its sides, and the evidence of the pair between them that says it most strongly."""
        sides = [self._side(found, self._named[side]) for side in found.sides]
        pair = self._strongest(sides[0][1], sides[-1][1]) if len(sides) > 1 else None
        told = tuple((handle, tuple(member.member for member in members)) for handle, members in sides)
        few = sum(1 + len(member.lines) for _, members in told for member in members) <= MOST_LINES
        content, text = (_remembered if few else self._composed)(key, found, told, pair and (pair.score, pair.evidence))
        return Raised(found, content, text, frozenset(member.id for _, members in sides for member in members))

    def _composed(self, key: str, found: Finding, sides: _Sides, pair: _Told | None) -> tuple[FindingRaised, str]:
        # A reporter of a large programme is a side of many findings.
        for side in sides:
            if side not in self._sides:
                self._sides[side] = side_of(*side)
        return _content(key, found, [self._sides[side] for side in sides], pair)

    def _side(self, found: Finding, smallest: Activity) -> tuple[str, list[Activity]]:
        home = self._homes.get(smallest.id, _Home(smallest.handle, [smallest]))
        if found.other is None:
            return home.handle, [smallest]
        return home.handle, [member for member in home.members if member.name.reporter == smallest.name.reporter]

    def _strongest(self, side: Sequence[Activity], other: Sequence[Activity]) -> PairRow | None:
        """Of the pairs between two sides that with the highest score, then the smallest names; there may be none."""
        names = {activity.id: activity.name for activity in (*side, *other)}
        far = {activity.id for activity in other}
        between = [pair for one in side for pair in self._pairs[one.id] if not far.isdisjoint((pair.a, pair.b))]
        return min(between, key=lambda pair: (-pair.score, *sorted((names[pair.a], names[pair.b]))), default=None)


# Whenever a neighbour is resolved, a finding is raised again, and mostly says the same: it is remembered by its sides.
@lru_cache(maxsize=4096)
def _remembered(key: str, found: Finding, sides: _Sides, pair: _Told | None) -> tuple[FindingRaised, str]:
    return _content(key, found, [_side(*side) for side in sides], pair)


_side = lru_cache(maxsize=2048)(side_of)


def _content(key: str, found: Finding, sides: Sequence[FindingSide], pair: _Told | None) -> tuple[FindingRaised, str]:
    """What is to be said of a finding, and the same as canonical JSON without version."""
    content = FindingRaised(
        key=key,
        kind=found.kind,
        version=0,
        reporter=found.reporter,
        other=found.other,
        sides=tuple(sides),
        score=None if pair is None else f"{pair[0]:.4f}",
        evidence=() if pair is None else tuple(Evidence(**told._asdict()) for told in explain(pair[1])),
    )
    return content, spelled(content, without={"version"})
