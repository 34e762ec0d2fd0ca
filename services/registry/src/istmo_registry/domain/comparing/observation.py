"""An observation: what was seen of one field of a pair."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

__all__ = ["Observation"]

_NOTHING: Mapping[str, object] = MappingProxyType({})


class Observation(NamedTuple):
    """The name of an observation, which is that of its weight and of its sentence, and what the sentence tells."""

    name: str
    told: Mapping[str, object] = _NOTHING
