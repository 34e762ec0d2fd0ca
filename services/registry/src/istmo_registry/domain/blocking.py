"""The keys under which activities find each other: only pairs that share a live key, or a reference, are compared.

A key with more current carriers than `Parameters.carrier_limit` is dead: it makes no candidates. Carriers are the
standing CLEAR activities whose features have the key.
"""

import hashlib
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from istmo_registry.domain.features import Features
from istmo_registry.domain.text import title_parts

__all__ = ["keys_of"]

_WORDS: Final = 10
"""So many words of a title make keys: titles are cut at different lengths, their beginnings are not."""
_COUNTRIES: Final = 7
"""An activity in more countries than these has its keys once, for all together."""


def keys_of(features: Features) -> frozenset[str]:
    """The blocking keys of an activity, each short ASCII-safe text of at most 70 characters.

    An identifier; a title's words, in any order; two neighbouring words of a title (in either order) in a country.
    """
    return frozenset(_keys(features))


def _keys(features: Features) -> Iterator[str]:
    for identifier in features.identifiers:
        yield _key("identifier", identifier)
    countries = features.countries if 0 < len(features.countries) <= _COUNTRIES else ("",)
    for title in features.titles:
        words = [word for word in title_parts(title).words.split() if not word.isdecimal()][:_WORDS]
        if len(words) > 1:
            yield _key("title", *sorted(words))
        pairs = list(pairwise(words)) or [(word, "") for word in words]
        for pair in pairs:
            for country in countries:
                yield _key("words", *sorted(pair), country)


def _key(kind: str, *parts: str) -> str:
    return f"{kind}:{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:24]}"
