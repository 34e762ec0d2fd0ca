"""An observation: what was seen of one field of a pair."""

from collections.abc import Iterable, Mapping
from operator import itemgetter
from types import MappingProxyType
from typing import Final, NamedTuple

__all__ = ["NOTHING", "Observation", "names_of"]

NOTHING: Final[Mapping[str, object]] = MappingProxyType({})
"""What a sentence tells that says all by itself."""


class Observation(NamedTuple):
    """The name of an observation, which is that of its weight and of its sentence, and what the sentence tells."""

    name: str
    told: Mapping[str, object] = NOTHING


_NAME: Final = itemgetter(0)


def names_of(observations: Iterable[Observation]) -> Iterable[str]:
    """Their names, in order, to be gone through once."""
    return map(_NAME, observations)
