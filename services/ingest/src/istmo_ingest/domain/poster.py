"""Who posts."""

from dataclasses import dataclass, field

from istmo_common.disclosure import Custody

__all__ = ["Poster"]


@dataclass(frozen=True, slots=True)
class Poster:
    """A partner as far as accepting its reports depends on it."""

    partner: str
    custody: Custody = field(default_factory=Custody)
    groups: frozenset[str] = frozenset()
    signed_agreement: bool = False
