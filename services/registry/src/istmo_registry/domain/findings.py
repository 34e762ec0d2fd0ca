"""What the registry notices: possible duplicates between reporters, and what is odd in one reporter's events."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from istmo_common.canonical import canonical_report
from istmo_common.events.outcomes import FindingKind
from istmo_registry.domain.ids import ActivityId

__all__ = ["Finding", "duplicate_between", "duplicates_within", "oddities_of"]

_LONGEST_KEY = 500
"""Characters of an identifier in the contract."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A finding by what identifies it. `sides`: the smallest member of each side, `reporter`'s first.

    `reporter` < `other`; `other` is None where a finding concerns one reporter.
    """

    kind: FindingKind
    reporter: str
    other: str | None
    sides: tuple[ActivityId, ...]

    @property
    def key(self) -> str:
        """Its key: canonical JSON of [kind, reporter, other, [side], …], hashed where an identifier cannot hold it."""
        text = canonical_report([self.kind, self.reporter, self.other, *(list(side) for side in self.sides)])
        readable = text.decode()
        return readable if len(readable) <= _LONGEST_KEY else f"sha256:{hashlib.sha256(text).hexdigest()}"


def duplicates_within(programme: Iterable[ActivityId]) -> frozenset[Finding]:
    """A possible duplicate for every two reporters of one programme."""
    smallest: dict[str, ActivityId] = {}
    for member in sorted(programme):
        smallest.setdefault(member.reporter, member)
    return frozenset(
        Finding("possible-duplicate", a, b, (smallest[a], smallest[b])) for a, b in combinations(sorted(smallest), 2)
    )


def duplicate_between(
    a: ActivityId, programme_of_a: Iterable[ActivityId], b: ActivityId, programme_of_b: Iterable[ActivityId]
) -> Finding | None:
    """The finding of a pair with the verdict `possibly-same`: one for each group, not for each pair.

    None within one reporter (that is a matter of its data's quality) and within one programme (`duplicates_within`).
    """
    if a.reporter == b.reporter or b in programme_of_a:
        return None
    sides = sorted(
        min(member for member in programme if member.reporter == activity.reporter)
        for activity, programme in ((a, programme_of_a), (b, programme_of_b))
    )
    return Finding("possible-duplicate", sides[0].reporter, sides[1].reporter, tuple(sides))


def oddities_of(activity: ActivityId, *, clear: bool, id_conflict: bool, older_report: bool) -> frozenset[Finding]:
    """The findings of one activity alone. `clear`: it was reported, and its newest report is CLEAR."""
    noticed: list[FindingKind] = []
    if clear and id_conflict:
        noticed.append("id-conflict")
    if clear and older_report:
        noticed.append("older-report")
    return frozenset(Finding(kind, activity.reporter, None, (activity,)) for kind in noticed)
