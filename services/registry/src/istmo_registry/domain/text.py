"""Titles and identifiers in one spelling, across Spanish and English."""

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from istmo_registry.domain.data import numbers_by_word, read_data
from istmo_registry.domain.gazetteer import country_of, department_of, places_in, strip_places
from istmo_registry.domain.phrases import Phrases
from istmo_registry.domain.words import concepts_in, is_special, plain, weight_of

__all__ = ["BEGINNING", "TitleParts", "normal_identifier", "normal_title", "title_parts"]

_LISTS: Final[dict[str, Any]] = read_data("words.json")
_PHASE_WORDS: Final = frozenset(_LISTS["phase_words"])
_COMPONENT_WORDS: Final = frozenset(_LISTS["component_words"])
_CARDINALS: Final = frozenset(numbers_by_word(_LISTS["numbers"]))
_WORKS: Final = frozenset(_LISTS["series_words"])
_NO_WORKS: Final = frozenset(_LISTS["series_words_not"])
_ORDINALS: Final = numbers_by_word(_LISTS["ordinals"])
_ADDITIONAL: Final = Phrases({plain(phrase): "+" for phrase in _LISTS["additional"]})
_ROMAN: Final[dict[str, int]] = {
    "i": 1,
    "ii": 2,
    "iii": 3,
    "iv": 4,
    "v": 5,
    "vi": 6,
    "vii": 7,
    "viii": 8,
    "ix": 9,
    "x": 10,
}
_LETTERS: Final = frozenset({"i", "v", "x"})
"""Roman numbers that are words or initials too: they count at a title's end only."""
_CUT_LETTER: Final = re.compile(r"\s[a-z]\s*$")
_FILE_NUMBER: Final = re.compile(
    r"#\s*\d[\d/.-]*|(?<![\w./-])(?=[\w./-]*\d)(?=[\w./-]*[^\W\d_])[\w.-]++(?:/[\w.-]++)++"
)
"""`#2010/08`, `TCP/HON/3303`: under what a register keeps the work, not what the work is."""
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_STRONG_LENGTH: Final = 8
_SHORTEST: Final = 3

BEGINNING: Final = 3
"""So many letters at least are left of a word that is cut off."""


class TitleParts(NamedTuple):
    """A normalised title taken apart.

    `words`: its concepts in order; `head`: those before a colon; `concepts`: all of them; `weight`: how much these say
    together; `begun`: by their first `BEGINNING` letters; `terms`: those that few works of the field have. `phases`:
    numbers of phases, `+` for additional financing. `years`, `numbers`: as the title has them. `places`: codes, `towns`
    those of towns and departments; `countries`: in which they all are. `component`: whether it says that it is a
    component or a lot.
    """

    words: tuple[str, ...]
    head: frozenset[str]
    concepts: frozenset[str]
    weight: float
    begun: dict[str, frozenset[str]]
    terms: frozenset[str]
    phases: frozenset[str]
    years: frozenset[str]
    numbers: frozenset[str]
    places: frozenset[str]
    towns: frozenset[str]
    countries: frozenset[str]
    component: bool


def normal_identifier(text: str) -> str:
    """An identifier without case, spaces and punctuation; "" for one too weak to say that two works are one.

    A strong one has at least eight characters, digits and letters: every organisation counts bare numbers anew.
    """
    compact = "".join(re.findall(r"[^\W_]+", plain(text)))
    digits = sum(character.isdigit() for character in compact)
    return compact if len(compact) >= _STRONG_LENGTH and 0 < digits < len(compact) else ""


def normal_title(title: str, countries: Collection[str] = ()) -> str:
    """A title as concepts of one language, then what else it says, each word with its mark.

    `#2` a phase (`#+` additional financing), `%2010` a year, `&` a component, `:4` how many of its words stand before a
    colon, `@hn` a country, `@hn-cortes-choloma` a town; of towns of one name that in one of `countries` (lower case)
    counts. Accents, case, punctuation and stop words vanish. A title that says nothing ("Information redacted") is "".
    """
    # A single small letter at the end is what is left of a word, not a Roman number.
    words, phases = _take_phases(plain(_CUT_LETTER.sub("", _FILE_NUMBER.sub("", title))).split())
    places = places_in(words, countries)
    words = strip_places(words)
    years = [word for word in words if _YEAR.fullmatch(word)]
    component = any(word in _COMPONENT_WORDS for word in words)
    concepts = dict.fromkeys(_concepts(words))
    marks = [f"#{phase}" for phase in sorted(phases)] + [f"%{year}" for year in sorted(set(years))]
    marks += ["&"] if component else []
    head = len(set(_concepts(strip_places(plain(title.partition(":")[0]).split())))) if ":" in title else 0
    marks += [f":{head}"] if 0 < head < len(concepts) else []
    return " ".join([*concepts, *marks, *(f"@{place}" for place in sorted(places))])


def _concepts(words: Iterable[str]) -> list[str]:
    return concepts_in(word for word in words if not _YEAR.fullmatch(word) and word not in _COMPONENT_WORDS)


@lru_cache(maxsize=65536)
def title_parts(normal: str) -> TitleParts:
    """What a normalised title is made of."""
    spelled = normal.split()
    words = tuple([word for word in spelled if word[0] not in "#%@&:"])
    concepts = frozenset(words)
    head = next((int(mark[1:]) for mark in spelled if mark[0] == ":"), 0)
    places = [mark[1:] for mark in spelled if mark[0] == "@"]
    return TitleParts(
        words=words,
        head=frozenset(words[:head]),
        concepts=concepts,
        weight=sum(map(weight_of, concepts)),
        begun=_by_beginning(concepts),
        terms=frozenset(filter(is_special, concepts)),
        phases=frozenset([mark[1:] for mark in spelled if mark[0] == "#"]),
        years=frozenset([mark[1:] for mark in spelled if mark[0] == "%"]),
        numbers=frozenset([word for word in words if any(character.isdigit() for character in word)]),
        places=frozenset(places),
        towns=frozenset([place for place in places if department_of(place) is not None]),
        countries=frozenset(map(country_of, places)),
        component="&" in spelled,
    )


def _by_beginning(words: Iterable[str]) -> dict[str, frozenset[str]]:
    begun: dict[str, set[str]] = {}
    for word in words:
        begun.setdefault(word[:BEGINNING], set()).add(word)
    return {beginning: frozenset(found) for beginning, found in begun.items()}


def _number(word: str) -> int | None:
    if word.isdecimal() and len(word) <= 2:
        return int(word)
    return _ROMAN.get(word) or _ORDINALS.get(word)


def _take_phases(words: Sequence[str]) -> tuple[list[str], set[str]]:
    """The words without those that state a phase, and the phases."""
    words = _ADDITIONAL.replace(words)
    phases: set[str] = {"+"} & set(words)
    taken = {at for at, word in enumerate(words) if word == "+"}
    for at, word in enumerate(words):
        if word in _PHASE_WORDS:
            for beside in (at + 1, at - 1):
                number = _number(words[beside]) if 0 <= beside < len(words) and beside not in taken else None
                if number is not None:
                    phases.add(str(number))
                    taken |= {at, beside}
                    break
    if not phases and (number := _in_series(words)) is not None:
        phases.add(str(number))
        taken.add(0)
    for at, word in enumerate(words):
        last = at == len(words) - 1 and at > 0
        if at not in taken and word in _ROMAN and (last or word not in _LETTERS):
            phases.add(str(_ROMAN[word]))
            taken.add(at)
    return [word for at, word in enumerate(words) if at not in taken], phases


def _in_series(words: Sequence[str]) -> int | None:
    """The number of a work that its title calls the second, the third … project: so banks number phases."""
    if len(words) < _SHORTEST or words[0] in _CARDINALS or words[1] in _NO_WORKS:
        return None
    number = _ORDINALS.get(words[0], 1)
    return number if number > 1 and not _WORKS.isdisjoint((words[1], words[-1])) else None
