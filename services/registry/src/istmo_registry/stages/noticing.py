"""The pure outcome of a resolution, its second half: findings about everything inside, and what each rests on."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from istmo_common.canonical import canonical_report
from istmo_common.events.outcomes import Evidence, FindingRaised, FindingSide
from istmo_registry.domain.explaining import explain
from istmo_registry.domain.findings import Finding, duplicate_between, duplicates_within, oddities_of
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.outcomes import Share, side_of
from istmo_registry.domain.parameters import PARAMETERS
from istmo_registry.stages.publications import spelled
from istmo_registry.stages.stored import Activity, Named, Stored
from istmo_registry.store.findings import SupportRow
from istmo_registry.store.pairs import PairRow

__all__ = ["Noticed", "Raised", "notice"]


@dataclass(frozen=True)
class _Side:
    """A programme's handle, and those of its members, in order, that are one side of a finding."""

    handle: str
    members: tuple[Named, ...]

    @cached_property
    def basis(self) -> str:
        """Digest of all that is said of it."""
        return _digest(self.handle, [[*member.name, member.share] for member in self.members])

    @cached_property
    def content(self) -> FindingSide:
        """What is said of it."""
        return side_of(self.handle, {member.name: _read_share(member.share or "") for member in self.members})


@dataclass(frozen=True)
class Raised:
    """A finding, its sides, and the pair between two sides that says it most strongly, if there is one."""

    key: str
    finding: Finding
    sides: tuple[_Side, ...]
    pair: PairRow | None

    @cached_property
    def basis(self) -> str:
        """Digest of what its content is composed of."""
        told = None if self.pair is None else [_score(self.pair), self.pair.evidence]
        return _digest(PARAMETERS.version, self.key, [side.basis for side in self.sides], told)

    @cached_property
    def content(self) -> FindingRaised:
        """What is to be said of it, with version 0."""
        evidence = () if self.pair is None else explain(self.pair.evidence)
        return FindingRaised(
            key=self.key,
            kind=self.finding.kind,
            version=0,
            reporter=self.finding.reporter,
            other=self.finding.other,
            sides=tuple(side.content for side in self.sides),
            score=None if self.pair is None else _score(self.pair),
            evidence=tuple(Evidence(**told._asdict()) for told in evidence),
        )

    @cached_property
    def text(self) -> str:
        """The same as canonical JSON without version."""
        return spelled(self.content, without={"version"})

    @property
    def concerns(self) -> frozenset[int]:
        """The row ids of the activities on its sides."""
        return frozenset(member.id for side in self.sides for member in side.members)


def _digest(*parts: object) -> str:
    return hashlib.sha256(canonical_report(list(parts))).hexdigest()


def _score(pair: PairRow) -> str:
    return f"{pair.score:.4f}"


@lru_cache(maxsize=4096)
def _read_share(share: str) -> Share:
    return Share.read(share)


@dataclass(frozen=True, slots=True)
class Noticed:
    """Findings by key, and what they rest on."""

    findings: dict[str, Raised] = field(default_factory=dict)
    support: set[SupportRow] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Home:
    """A programme: its handle and its members; beyond the rim only those of one reporter."""

    handle: str
    members: Sequence[Named]

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
        home = _Home(stored.named[root].handle, [stored.named[one] for one in together])
        # Of all of them: a finding goes by the smallest, which need not be on the rim itself.
        homes |= dict.fromkeys(together, home)
    for programme in programmes:
        home = _Home(programme[0].handle, [stored.named[member.id] for member in programme])
        homes |= {member.id: home for member in programme}
    return homes


def _found(
    stored: Stored, programmes: Sequence[Sequence[Activity]], homes: Mapping[int, _Home]
) -> Iterable[tuple[Finding, Sequence[Named]]]:
    """Each finding with the two activities, or the one, that it rests on; one of several pairs comes several times."""
    for programme in programmes:
        members = {member.name: stored.named[member.id] for member in programme}
        for found in duplicates_within(members):
            yield found, [members[side] for side in found.sides]
    for pair in stored.pairs:
        if pair.verdict == "possibly-same" and pair.a in homes and pair.b in homes:
            a, b = stored.named[pair.a], stored.named[pair.b]
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
            yield found, [stored.named[activity.id]]


class _Composing:
    """Puts together what findings say."""

    def __init__(self, stored: Stored, homes: Mapping[int, _Home]) -> None:
        self._homes = homes
        self._named = {activity.name: activity for activity in stored.named.values()}
        self._sides: dict[tuple[int, bool], _Side] = {}
        self._pairs: dict[int, list[PairRow]] = defaultdict(list)
        for pair in stored.pairs:
            if pair.verdict != "linked":
                self._pairs[pair.a].append(pair)
                self._pairs[pair.b].append(pair)

    def raised(self, key: str, found: Finding) -> Raised:
        """The finding with its sides, and the pair between them that says it most strongly."""
        sides = tuple(self._side(found, self._named[side]) for side in found.sides)
        pair = self._strongest(sides[0].members, sides[-1].members) if len(sides) > 1 else None
        return Raised(key, found, sides, pair)

    def _side(self, found: Finding, smallest: Named) -> _Side:
        """A reporter of a large programme is a side of many findings: the same one."""
        known = smallest.id, found.other is None
        if known not in self._sides:
            self._sides[known] = self._made(smallest, alone=found.other is None)
        return self._sides[known]

    def _made(self, smallest: Named, *, alone: bool) -> _Side:
        home = self._homes.get(smallest.id, _Home(smallest.handle, [smallest]))
        if alone:
            return _Side(home.handle, (smallest,))
        members = (member for member in home.members if member.name.reporter == smallest.name.reporter)
        return _Side(home.handle, tuple(sorted(members, key=lambda member: member.name)))

    def _strongest(self, side: Sequence[Named], other: Sequence[Named]) -> PairRow | None:
        """Of the pairs between two sides that with the highest score, then the smallest names; there may be none."""
        names = {activity.id: activity.name for activity in (*side, *other)}
        far = {activity.id for activity in other}
        between = [pair for one in side for pair in self._pairs[one.id] if not far.isdisjoint((pair.a, pair.b))]
        return min(between, key=lambda pair: (-pair.score, *sorted((names[pair.a], names[pair.b]))), default=None)
