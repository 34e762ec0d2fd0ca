"""Which activities are one undertaking: every two compared, then joined one edge at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import combinations
from typing import NamedTuple

from istmo_oracle.activities import Activity
from istmo_registry.domain.blocking import keys_of
from istmo_registry.domain.directory import Directory
from istmo_registry.domain.features import Features
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.parameters import PARAMETERS, Parameters
from istmo_registry.domain.report_features import features_of
from istmo_registry.domain.scoring import Comparison, compare

__all__ = ["Pair", "Said", "counts_as_same", "grouped", "pairs_of", "programmes_of"]


class Said(NamedTuple):
    """A person's word that two activities are one work."""

    recorded: datetime
    id: str
    a: ActivityId
    b: ActivityId


@dataclass(frozen=True)
class Pair:
    """Two activities, `a` < `b`, that are not different."""

    a: ActivityId
    b: ActivityId
    comparison: Comparison


def pairs_of(activities: list[Activity], directory: Directory, parameters: Parameters) -> list[Pair]:
    """Every pair that shares a key which is alive, or of which one names the other."""
    features = [_features(activity, directory) for activity in activities if activity.clear]
    keys = {one.activity: keys_of(one) for one in features}
    carriers: dict[str, int] = {}
    for carried in keys.values():
        for key in carried:
            carriers[key] = carriers.get(key, 0) + 1
    dead = {key for key, count in carriers.items() if count > parameters.most_carriers(key)}

    pairs = []
    for a, b in combinations(features, 2):
        meet = (keys[a.activity] & keys[b.activity]) - dead
        if meet or _names(a, b) or _names(b, a):
            comparison = compare(a, b, parameters)
            if comparison.verdict != "different":
                pairs.append(Pair(a.activity, b.activity, comparison))
    return pairs


def programmes_of(
    activities: list[Activity],
    pairs: list[Pair],
    parameters: Parameters = PARAMETERS,
    said_same: Iterable[Said] = (),
    said_different: Iterable[tuple[ActivityId, ActivityId]] = (),
) -> list[set[ActivityId]]:
    """The standing activities in groups, each alone to begin with; people's word as if it stood in the log."""
    standing = {activity.id for activity in activities if activity.standing is not None}
    scores = [(pair.a, pair.b, pair.comparison.score) for pair in pairs if counts_as_same(pair, pairs, parameters)]
    apart = [(pair.a, pair.b) for pair in pairs if pair.comparison.verdict == "linked"]
    return grouped(standing, scores, [*apart, *said_different], said_same, parameters)[0]


def grouped(
    members: set[ActivityId],
    scores: list[tuple[ActivityId, ActivityId, Decimal]],
    apart: list[tuple[ActivityId, ActivityId]],
    said_same: Iterable[Said],
    parameters: Parameters,
) -> tuple[list[set[ActivityId]], list[Said]]:
    """Groups of members, and the words that could not be kept. What touches others than `members` is nothing to it."""
    words = sorted(set(said_same), key=lambda said: (said.recorded, said.id, sorted((said.a, said.b))))
    inside = [said for said in words if said.a in members and said.b in members]
    ordered = sorted(scores, key=lambda edge: (-edge[2], sorted(edge[:2])))
    groups = [{member} for member in members]
    kept = []
    for said in inside:
        groups, joined = _joined(groups, said.a, said.b, apart)
        kept += [said] if joined else []
    for a, b, _ in ordered:
        if a in members and b in members:
            groups, _ = _joined(groups, a, b, apart)

    fitting: list[set[ActivityId]] = []
    for line in (*parameters.raised_lines, None):
        too_large = [group for group in groups if len(group) > parameters.largest_programme]
        fitting += [group for group in groups if group not in too_large]
        groups = []
        for large in too_large:
            strong = [edge for edge in ordered if line is not None and edge[2] >= line and large.issuperset(edge[:2])]
            pieces = [{member} for member in large]
            for a, b in [(said.a, said.b) for said in inside if said.a in large] + [edge[:2] for edge in strong]:
                if b in large:
                    pieces, _ = _joined(pieces, a, b, apart)
            groups += pieces
    return sorted(fitting + groups, key=min), [said for said in inside if said not in kept]


def _joined(
    groups: list[set[ActivityId]], a: ActivityId, b: ActivityId, apart: list[tuple[ActivityId, ActivityId]]
) -> tuple[list[set[ActivityId]], bool]:
    """The groups with those of `a` and `b` made one, unless that brings together what is to stay apart."""
    together = {member for group in groups if a in group or b in group for member in group}
    already = any(a in group and b in group for group in groups)
    if not already and any(one in together and other in together for one, other in apart):
        return groups, False
    return [group for group in groups if group.isdisjoint(together)] + [together], True


def counts_as_same(pair: Pair, pairs: list[Pair], parameters: Parameters) -> bool:
    """Whether a pair is the same, or each of its two reporters' activities has nothing better at the other reporter."""
    if pair.comparison.verdict != "possibly-same":
        return pair.comparison.verdict == "same"
    if pair.a.reporter == pair.b.reporter or pair.comparison.score < parameters.mutual_line:
        return False
    rivals = [
        other.comparison.score
        for other in pairs
        if other is not pair
        and other.comparison.verdict in ("same", "possibly-same")
        and {other.a.reporter, other.b.reporter} == {pair.a.reporter, pair.b.reporter}
        and (pair.a in (other.a, other.b) or pair.b in (other.a, other.b))
        and not _is_a_fragment(other, pair, pairs)
    ]
    leads = all(pair.comparison.score - rival >= parameters.mutual_gap for rival in rivals)
    return leads and not _is_told_apart(pair, pairs)


def _is_told_apart(pair: Pair, pairs: list[Pair]) -> bool:
    """Whether some third reporter has a better match for each end, and none that is one for both."""
    better = [
        {
            activity
            for other in pairs
            if other.comparison.verdict in ("same", "possibly-same") and other.comparison.score > pair.comparison.score
            for activity, beside in ((other.a, other.b), (other.b, other.a))
            if beside == end
        }
        for end in (pair.a, pair.b)
    ]
    reporters = [{activity.reporter for activity in matches} for matches in better]
    third = (reporters[0] & reporters[1]) - {pair.a.reporter, pair.b.reporter}
    for_both = {activity.reporter for activity in better[0] & better[1]}
    return bool(third - for_both)


def _is_a_fragment(other: Pair, pair: Pair, pairs: list[Pair]) -> bool:
    """Whether what `other` has in place of one end of `pair` is the same work as that end."""
    ends = {other.a, other.b} ^ {pair.a, pair.b}
    return any({same.a, same.b} == ends and same.comparison.verdict == "same" for same in pairs)


def _features(activity: Activity, directory: Directory) -> Features:
    assert activity.standing is not None
    return features_of(
        activity.standing, [one.transaction for one in activity.transactions.values() if one.clear], directory
    )


def _names(a: Features, b: Features) -> bool:
    return any(reference.target == b.activity.activity for reference in a.references)
