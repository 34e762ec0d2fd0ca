"""Evidence as it is kept, and as people read it: it is kept with every pair, and put into words where somebody asks."""

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from istmo_common.canonical import canonical_report
from istmo_common.catalogue import text
from istmo_registry.domain.parameters import PARAMETERS
from istmo_registry.domain.scoring import CAUTION, Evidence

__all__ = ["Explanation", "explain", "kept"]


class Explanation(NamedTuple):
    """How one field weighs for or against two activities being the same, with its sentence in both languages."""

    field: str
    weight: str
    es: str
    en: str


def kept(evidence: Iterable[Evidence]) -> str:
    """Evidence as canonical JSON: a list of [observation, weight, what its sentence tells]."""
    return canonical_report([[seen.observation, str(seen.weight), dict(seen.told)] for seen in evidence]).decode()


def explain(evidence: str) -> Sequence[Explanation]:
    """What `kept` wrote, in words."""
    return [
        Explanation(
            field=CAUTION if observation == CAUTION else PARAMETERS.fields[observation],
            weight=weight,
            es=text(f"evidence.{observation}", "es", **told),
            en=text(f"evidence.{observation}", "en", **told),
        )
        for observation, weight, told in json.loads(evidence)
    ]
