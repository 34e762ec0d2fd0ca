"""An observation: what was seen of one field of a pair."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

__all__ = ["NOTHING", "Observation"]

NOTHING: Final[Mapping[str, object]] = MappingProxyType({})
"""What a sentence tells that says all by itself."""


class Observation(NamedTuple):
    """The name of an observation, which is that of its weight and of its sentence, and what the sentence tells."""

    name: str
    told: Mapping[str, object] = NOTHING
