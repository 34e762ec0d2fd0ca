"""Titles and identifiers in one spelling, across Spanish and English."""

import re
import unicodedata
from functools import cache
from typing import Final, NamedTuple

from istmo_registry.domain.data import read_data

__all__ = ["TitleParts", "normal_identifier", "normal_title", "title_parts"]

_LISTS: Final = read_data("words.json")
_STOP: Final = frozenset(_LISTS["stop"])
_CONCEPTS: Final[dict[str, str]] = {word: concept for concept, words in _LISTS["same"].items() for word in words}
_PHASE_WORDS: Final = frozenset(_LISTS["phase_words"])
_ORDINALS: Final[dict[str, int]] = {word: int(number) for number, words in _LISTS["ordinals"].items() for word in words}
_PHRASES: Final[dict[str, str]] = {phrase: to for to, phrases in _LISTS["phrases"].items() for phrase in phrases} | {
    name: f"@{code}" for code, names in _LISTS["places"].items() for name in names
}
# The longest phrase first, so that "el salvador" is not left with its article.
_PHRASE: Final = re.compile(r"\b(" + "|".join(sorted(map(re.escape, _PHRASES), key=len, reverse=True)) + r")\b")
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
_STRONG_LENGTH: Final = 8


class TitleParts(NamedTuple):
    """A normalised title taken apart: its words in order, its phase, its numbers, and the places that it names."""

    words: str
    phase: int | None
    numbers: frozenset[str]
    places: frozenset[str]


def _plain(text: str) -> str:
    """Lower case letters and digits without accents; everything else is one space."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(re.findall(r"[^\W_]+", kept))


def normal_identifier(text: str) -> str:
    """An identifier without case, spaces and punctuation; "" for one too weak to say that two works are one.

    A strong one has at least eight characters, digits and letters: every organisation counts bare numbers anew.
    """
    compact = _plain(text).replace(" ", "")
    digits = sum(character.isdigit() for character in compact)
    return compact if len(compact) >= _STRONG_LENGTH and 0 < digits < len(compact) else ""


def normal_title(title: str) -> str:
    """A title as words of one language, then `#2` for its phase and `@hn` for each of the seven countries it names.

    Accents, case, punctuation and stop words vanish; known words of both languages and known phrases become one
    concept; "Fase II", "Phase 2", "segunda etapa" and a number in Roman letters at the end become the phase. A title
    that says nothing ("Information redacted") is "".
    """
    phased, phase = _take_phase(_plain(title).split())
    text = _PHRASE.sub(_concept_of_phrase, " ".join(phased))
    text = _PHRASE.sub(_concept_of_phrase, " ".join(word for word in text.split() if word not in _STOP))
    words = text.split()
    places = sorted({word for word in words if word.startswith("@")})
    concepts = [_concept_of(word) for word in words if not word.startswith("@")]
    return " ".join([*concepts, *([f"#{phase}"] if phase is not None else []), *places])


@cache
def title_parts(normal: str) -> TitleParts:
    """What a normalised title is made of."""
    words = [word for word in normal.split() if word[0] not in "#@"]
    phases = [int(word[1:]) for word in normal.split() if word[0] == "#"]
    return TitleParts(
        words=" ".join(words),
        phase=phases[0] if phases else None,
        numbers=frozenset(word for word in words if any(character.isdigit() for character in word)),
        places=frozenset(word for word in normal.split() if word[0] == "@"),
    )


def _concept_of_phrase(match: re.Match[str]) -> str:
    return _PHRASES[match.group(1)]


def _concept_of(word: str) -> str:
    if word in _CONCEPTS:
        return _CONCEPTS[word]
    # Plurals of both languages end alike; short words and "…ss" are no plurals.
    return word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith("ss") else word


def _number(word: str) -> int | None:
    if word.isdecimal() and len(word) <= 2:
        return int(word)
    return _ROMAN.get(word) or _ORDINALS.get(word)


def _take_phase(words: list[str]) -> tuple[list[str], int | None]:
    """The words without those that state a phase, and the phase."""
    for place, word in enumerate(words):
        if word in _PHASE_WORDS:
            for beside in (place + 1, place - 1):
                number = _number(words[beside]) if 0 <= beside < len(words) else None
                if number is not None:
                    rest = [kept for at, kept in enumerate(words) if at not in (place, beside)]
                    return rest, number
    if len(words) > 1 and words[-1] in _ROMAN:
        return words[:-1], _ROMAN[words[-1]]
    return words, None
