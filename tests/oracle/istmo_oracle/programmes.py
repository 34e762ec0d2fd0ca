"""Which activities are one undertaking: every two compared, then joined one edge at a time."""

from dataclasses import dataclass
from itertools import combinations

from istmo_oracle.activities import Activity
from istmo_registry.domain.blocking import keys_of
from istmo_registry.domain.features import Features, features_of
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.parameters import Parameters
from istmo_registry.domain.scoring import Comparison, compare

__all__ = ["Pair", "pairs_of", "programmes_of"]


@dataclass(frozen=True)
class Pair:
    """Two activities, `a` < `b`, that are not different."""

    a: ActivityId
    b: ActivityId
    comparison: Comparison


def pairs_of(activities: list[Activity], parameters: Parameters) -> list[Pair]:
    """Every pair that shares a key which is alive, or of which one names the other."""
    features = [_features(activity) for activity in activities if activity.clear]
    keys = {one.activity: keys_of(one) for one in features}
    carriers: dict[str, int] = {}
    for carried in keys.values():
        for key in carried:
            carriers[key] = carriers.get(key, 0) + 1
    dead = {key for key, count in carriers.items() if count > parameters.carrier_limit}

    pairs = []
    for a, b in combinations(features, 2):
        meet = (keys[a.activity] & keys[b.activity]) - dead
        if meet or _names(a, b) or _names(b, a):
            comparison = compare(a, b, parameters)
            if comparison.verdict != "different":
                pairs.append(Pair(a.activity, b.activity, comparison))
    return pairs


def programmes_of(activities: list[Activity], pairs: list[Pair]) -> list[set[ActivityId]]:
    """The standing activities in groups, each alone to begin with."""
    groups = [{activity.id} for activity in activities if activity.standing is not None]
    apart = [(pair.a, pair.b) for pair in pairs if pair.comparison.verdict == "linked"]
    same = [pair for pair in pairs if pair.comparison.verdict == "same"]
    for pair in sorted(same, key=lambda pair: (-pair.comparison.score, pair.a, pair.b)):
        joined = {member for group in groups if pair.a in group or pair.b in group for member in group}
        if not any(a in joined and b in joined for a, b in apart):
            groups = [group for group in groups if group.isdisjoint(joined)] + [joined]
    return sorted(groups, key=min)


def _features(activity: Activity) -> Features:
    assert activity.standing is not None
    return features_of(activity.standing, [one.transaction for one in activity.transactions.values() if one.clear])


def _names(a: Features, b: Features) -> bool:
    return any(reference.target == b.activity.activity for reference in a.references)
