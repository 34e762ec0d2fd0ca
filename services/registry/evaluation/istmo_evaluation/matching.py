"""The platform's matching over a corpus in memory: the one place where the evaluation meets the registry's rules.

The same pure functions as in the stages *match* and *resolve*: features, keys, candidates without dead keys,
comparison, clustering.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations

from istmo_evaluation.judged import Corpus, Judged, Pair, Said, pair_of
from istmo_registry.domain.blocking import keys_of
from istmo_registry.domain.clustering import Edge, cluster
from istmo_registry.domain.features import Features, features_of
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.parameters import PARAMETERS, Parameters
from istmo_registry.domain.scoring import compare

__all__ = ["judge"]


def judge(corpus: Corpus, parameters: Parameters = PARAMETERS) -> Judged:
    """What the platform at rest says of these activities, if nothing else was ever reported and decided."""
    features = {name: features_of(report, report.transactions or ()) for name, report in corpus.items()}
    candidates = frozenset(_candidates(features, parameters))
    compared = {(a, b): compare(features[a], features[b], parameters) for a, b in sorted(candidates)}
    edges = [Edge(made.score, a, b) for (a, b), made in compared.items() if made.verdict == "same"]
    cannot = [pair for pair, made in compared.items() if made.verdict == "linked"]
    said = {pair: Said(made.verdict, made.kind, float(made.score)) for pair, made in compared.items()}
    return Judged(said, cluster(features, edges, cannot), candidates)


def _candidates(features: Mapping[ActivityId, Features], parameters: Parameters) -> Iterator[Pair]:
    """Pairs that share a live key, and those that a stated reference joins."""
    carriers: dict[str, list[ActivityId]] = defaultdict(list)
    named: dict[str, list[ActivityId]] = defaultdict(list)
    for activity, own in features.items():
        named[activity.activity].append(activity)
        for key in keys_of(own):
            carriers[key].append(activity)
    for sharing in carriers.values():
        if len(sharing) <= parameters.carrier_limit:
            yield from (pair_of(one, other) for one, other in combinations(sharing, 2))
    for activity, own in features.items():
        for reference in own.references:
            others = named.get(reference.target, ())
            yield from (pair_of(activity, other) for other in others if other != activity)
