"""Words for made-up works: the project's own terms in Spanish and English, its places, and coined names without end.

Everything is drawn by rank with a heavy tail, so that a larger body of works has more different words, as texts do.
"""

from functools import cache
from random import Random
from typing import Final

from istmo_registry.domain.data import read_data
from istmo_registry.domain.directory import KNOWN_ORGANISATIONS

__all__ = ["COUNTRIES", "Term", "coined", "donor", "place", "rank", "term"]

Term = tuple[str, str]
"""One thing in Spanish and in English."""

COUNTRIES: Final = ("HN", "GT", "SV", "NI", "CR", "PA", "BZ")

_GLOSSARY: Final[dict[str, str]] = read_data("glossary.json")["concepts"]
_PLACES: Final[dict[str, dict[str, list[str]]]] = read_data("gazetteer.json")["departments"]
_DONORS: Final = [known for known in KNOWN_ORGANISATIONS if known.identifiers]
_TERMS: Final[list[Term]] = Random("terms").sample(
    [(said.split()[0], english) for english, said in sorted(_GLOSSARY.items()) if said and english.isalpha()], k=1500
)
_SYLLABLES: Final = [first + second for first in "bcdfgjlmnprstvz" for second in ("a", "e", "i", "o", "u", "an", "or")]


def rank(chance: Random, tail: float, head: int = 1) -> int:
    """A rank from 0: it is `k` or more with the probability (1 + k / head) ** -tail, up to a million."""
    return min(int(head * ((1.0 - chance.random()) ** (-1.0 / tail) - 1.0)), 1_000_000)


def term(chance: Random) -> Term:
    """A term of the field, the common ones more often; one in four is a coinage that no glossary translates."""
    if chance.random() < 0.15:
        number = rank(chance, 0.5, 50)
        return coined(number, "o"), coined(number, "ing")
    return _TERMS[rank(chance, 0.6, 5) % len(_TERMS)]


@cache
def coined(number: int, end: str = "") -> str:
    """The word of this number: another one for each number, the shortest of two syllables."""
    number, word = number + len(_SYLLABLES), ""
    while number:
        number, syllable = divmod(number, len(_SYLLABLES))
        word += _SYLLABLES[syllable]
    return word + end


def place(chance: Random, country: str) -> Term:
    """A department or town of a country."""
    departments = _PLACES[country.lower()]
    department = chance.choice(list(departments))
    named = chance.choice([department, *(town for town in departments[department] if not town.startswith("="))])
    spellings = named.split("=")
    return spellings[-1], spellings[0]


def donor(chance: Random) -> tuple[str, str]:
    """The identifier and a name of an organisation that the directory knows."""
    known = _DONORS[rank(chance, 0.6) % len(_DONORS)]
    return known.identifiers[0], chance.choice((known.names.es, known.names.en, *known.aliases))
