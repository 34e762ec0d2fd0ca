"""The platform's matching over a corpus in memory: the one place where the evaluation meets the registry's rules.

The same pure functions as in the stages *match* and *resolve*: features, keys, candidates without dead keys,
comparison, clustering.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import combinations

from istmo_common.events.organisations import OrganisationChanged, OrganisationNames
from istmo_evaluation.judged import Corpus, Judged, Pair, Said, pair_of
from istmo_evaluation.labels.source import read_organisations
from istmo_registry.domain.blocking import keys_of
from istmo_registry.domain.clustering import Edge, join
from istmo_registry.domain.directory import KNOWN_ORGANISATIONS, Directory
from istmo_registry.domain.features import Features
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.mutual import ScoredPair, promoted
from istmo_registry.domain.parameters import PARAMETERS, Parameters
from istmo_registry.domain.report_features import features_of
from istmo_registry.domain.scoring import compare

__all__ = ["candidates_of", "directory", "features_in", "judge"]


@cache
def directory() -> Directory:
    """The directory as the coordination desk would keep it: who is known, and the made-up reporters of the labels."""
    made_up = (
        OrganisationChanged(
            id=f"sample-{key}",
            version=1,
            names=OrganisationNames(es=one.names["es"], en=one.names["en"]),
            kind=one.kind,
            identifiers=(one.identifier,),
        )
        for key, one in read_organisations().items()
    )
    return Directory((*KNOWN_ORGANISATIONS, *made_up))


def features_in(corpus: Corpus) -> dict[ActivityId, Features]:
    """What matching reads of each report."""
    return {name: features_of(report, report.transactions or (), directory()) for name, report in corpus.items()}


def judge(corpus: Corpus, parameters: Parameters = PARAMETERS) -> Judged:
    """What the platform at rest says of these activities, if nothing else was ever reported and decided."""
    features = features_in(corpus)
    candidates = candidates_of(features, parameters)
    compared = {(a, b): compare(features[a], features[b], parameters) for a, b in sorted(candidates)}
    scored = [ScoredPair(a, b, made.verdict, made.score) for (a, b), made in compared.items()]
    mutual = promoted((pair for pair in scored if pair.verdict != "different"), parameters)
    edges = [Edge(pair.score, pair.a, pair.b) for pair in scored if pair.verdict == "same" or pair[:2] in mutual]
    cannot = [pair for pair, made in compared.items() if made.verdict == "linked"]
    joined = join(features, edges, cannot, largest=parameters.largest_programme, raised_lines=parameters.raised_lines)
    programme = {member: number for number, own in enumerate(joined.programmes) for member in own}
    said = {
        pair: Said(_told(made.verdict, programme[pair[0]] == programme[pair[1]]), made.kind, float(made.score))
        for pair, made in compared.items()
    }
    for own in joined.programmes:
        said |= {pair: Said("same") for pair in combinations(sorted(own), 2) if pair not in said}
    return Judged(said, joined.programmes, candidates)


def _told(verdict: str, together: bool) -> str:
    """Two activities of one programme are the same, by whatever path they came together."""
    return "same" if together else verdict


def candidates_of(features: Mapping[ActivityId, Features], parameters: Parameters) -> frozenset[Pair]:
    """The pairs that blocking lets through."""
    return frozenset(_candidates(features, parameters))


def _candidates(features: Mapping[ActivityId, Features], parameters: Parameters) -> Iterator[Pair]:
    """Pairs that share a live key, and those that a stated reference joins."""
    carriers: dict[str, list[ActivityId]] = defaultdict(list)
    named: dict[str, list[ActivityId]] = defaultdict(list)
    for activity, own in features.items():
        named[activity.activity].append(activity)
        for key in keys_of(own):
            carriers[key].append(activity)
    for key, sharing in carriers.items():
        if len(sharing) <= parameters.most_carriers(key):
            yield from (pair_of(one, other) for one, other in combinations(sharing, 2))
    for activity, own in features.items():
        for reference in own.references:
            others = named.get(reference.target, ())
            yield from (pair_of(activity, other) for other in others if other != activity)
