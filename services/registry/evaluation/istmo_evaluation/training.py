"""`make train`: the weights of matching, from the training split alone, and written where the registry reads them.

Every observation begins with what the field knows of it (`data/priors.json`, log-odds in base 2). The labelled pairs of
the training split, with identifiers visible and masked, then move the weights by logistic regression; a weight goes
only as far from its prior as the pairs pay for. Pairs that are candidates but belong to two clusters are different.
This script reads neither the test split nor the real awards; what its constants and the rules rest on stands in
docs/evaluation.md. Deterministic: no sampling, fixed steps.
"""

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import istmo_registry.domain.data as registry_data
from istmo_evaluation.labels.labelled import DATA, Labelled, read_labelled
from istmo_evaluation.masking import mask
from istmo_evaluation.matching import candidates_of, features_in
from istmo_evaluation.truth import Truth, masked, of_labels
from istmo_registry.domain.comparing.kinds import STATED_LINKS, TOLD_LINKS, link_of
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.parameters import PARAMETERS
from istmo_registry.domain.scoring import observe

__all__ = ["Sample", "fit", "main", "samples_of"]

Weight = tuple[str, bool]
"""The name of an observation, and whether it is within one reporter."""

_EVEN: Final = {False: 9.0, True: 11.0}
"""The score at which a pair is as likely one work as not, between two reporters and within one."""
_DIFFERENT_COUNTS: Final = 2.0
"""A false merge costs so many missed ones."""
_UNLABELLED_COUNTS: Final = 0.5
_PULL: Final = {False: 1.0, True: 4.0}
"""How strongly a weight is held at its prior: more within one reporter, of which the set holds few pairs."""
_ROUNDS: Final = 400
_MOMENTUM: Final = 0.9
_CERTAINTY: Final = {"same": 1.0, "possibly-same": 0.4, "linked": 0.3}
"""A link that is not seen to be one shall be a question, not nothing."""
_FIXED: Final = frozenset({"reporter-other", "reporter-same"})
"""The odds before anything is seen: a small set of chosen pairs says nothing of them."""


class Sample(NamedTuple):
    """What was seen of a pair, how likely it is one work, and how much the pair counts."""

    seen: tuple[Weight, ...]
    truth: float
    counts: float


def samples_of(labelled: Labelled) -> list[Sample]:
    """The training pairs, with identifiers visible and masked; a pair that a link decides teaches no weight."""
    truth = of_labels(labelled, "train")
    clusters = {end: label.cluster for label in labelled.labels for end in (label.a, label.b)}
    names = mask(truth.corpus).names
    hidden_clusters = {names[end]: cluster for end, cluster in clusters.items()}
    return [*_samples(truth, clusters), *_samples(masked(truth), hidden_clusters)]


def _samples(truth: Truth, clusters: Mapping[ActivityId, str]) -> list[Sample]:
    features = features_in(truth.corpus)
    found = []
    unlabelled = (
        pair
        for pair in sorted(candidates_of(features, PARAMETERS))
        if pair not in truth.pairs and all(end in truth.members for end in pair)
    )
    judged = [(pair, _CERTAINTY.get(known.verdict, 0.0), 1.0) for pair, known in sorted(truth.pairs.items())]
    judged += [(pair, 0.0, _UNLABELLED_COUNTS) for pair in unlabelled if len({clusters[end] for end in pair}) > 1]
    for (a, b), likely, counts in judged:
        names = frozenset(observation.name for observation in observe(features[a], features[b]))
        may_be_one = likely > _CERTAINTY["linked"] and names.isdisjoint(STATED_LINKS)
        if not names or (link_of(names - TOLD_LINKS) is not None and not may_be_one):
            continue
        within = a.reporter == b.reporter
        weigh = counts * (_DIFFERENT_COUNTS if likely == 0.0 else 1.0)
        found.append(Sample(tuple(sorted((name, within) for name in names)), likely, weigh))
    return found


def fit(samples: Sequence[Sample], priors: Mapping[Weight, float]) -> dict[Weight, float]:
    """The weights that fit `samples`, held at `priors`; none changes its sign."""
    weights = dict(priors)
    speed = dict.fromkeys(weights, 0.0)
    steps = _steps(samples, weights)
    for _ in range(_ROUNDS):
        slope = {weight: 2 * _PULL[weight[1]] * (value - priors[weight]) for weight, value in weights.items()}
        for seen, truth, counts in samples:
            score = sum(weights[weight] for weight in seen) - _EVEN[seen[0][1]]
            likely = 1 / (1 + 2 ** -max(-40.0, min(40.0, score)))
            for weight in seen:
                slope[weight] += (likely - truth) * counts * math.log(2)
        for weight, prior in priors.items():
            if weight[0] in _FIXED:
                continue
            speed[weight] = _MOMENTUM * speed[weight] - steps[weight] * slope[weight]
            moved = weights[weight] + speed[weight]
            weights[weight] = max(0.0, moved) if prior > 0 else min(0.0, moved) if prior < 0 else moved
    return weights


def _steps(samples: Sequence[Sample], weights: Iterable[Weight]) -> dict[Weight, float]:
    """How far each weight may go at once: by a bound of the curvature, so that more samples never overshoot."""
    bounds = {weight: 2 * _PULL[weight[1]] for weight in weights}
    for seen, _, counts in samples:
        for weight in seen:
            bounds[weight] += counts * len(seen) * math.log(2) ** 2 / 4
    return {weight: 1 / bound for weight, bound in bounds.items()}


def main() -> None:
    """Train and write `parameters.json`."""
    stated = json.loads((DATA / "priors.json").read_text(encoding="utf-8"))
    priors: dict[Weight, float] = {}
    for named in stated["observations"].values():
        for name, both in named.items():
            priors |= {(name, within): float(both[within] or 0) for within in (False, True)}
    samples = samples_of(read_labelled())
    weights = fit(samples, priors)
    for named in stated["observations"].values():
        for name, both in named.items():
            named[name] = [
                None if prior is None else f"{weights[name, bool(within)]:.1f}" for within, prior in enumerate(both)
            ]
    target = Path(registry_data.__file__).parent / "parameters.json"
    target.write_text(spelled(stated), encoding="utf-8")
    moved = sum(abs(weights[weight] - prior) >= 1 for weight, prior in priors.items())
    sys.stdout.write(f"{len(samples)} samples; {moved} of {len(priors)} weights moved by 1 or more\n")


def spelled(parameters: Any) -> str:
    """The file's text: one observation in a line."""
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}," for key, value in parameters.items() if key != "observations"]
    fields = []
    for field, named in parameters["observations"].items():
        rows = ",\n".join(f"      {json.dumps(name)}: {json.dumps(both)}" for name, both in named.items())
        fields.append(f"    {json.dumps(field)}: {{\n{rows}\n    }}")
    observations = ",\n".join(fields)
    return "{\n" + "\n".join(lines) + '\n  "observations": {\n' + observations + "\n  }\n}\n"


if __name__ == "__main__":
    main()
