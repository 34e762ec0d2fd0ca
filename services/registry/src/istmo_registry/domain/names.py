"""What texts name that no language translates: acronyms, proper names, and codes of awards and contracts."""

import re
import string
from functools import lru_cache
from typing import Any, Final

from istmo_registry.domain.data import read_data
from istmo_registry.domain.gazetteer import strip_places
from istmo_registry.domain.words import concept_of, is_known, plain, plain_word, without_dots

__all__ = ["award_of", "codes_in", "cut_boilerplate", "initials_in", "names_in"]

_LISTS: Final[dict[str, Any]] = read_data("words.json")
_EVERYBODYS: Final = frozenset(_LISTS["common_names"]) | frozenset(_LISTS["stop"]) | frozenset(_LISTS["phase_words"])
_BOILERPLATE: Final = tuple(_LISTS["boilerplate"])
_WORD: Final = re.compile(r"[^\W_]+(?:['’´`-][^\W_]+)*")
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_-]{4,40}[A-Za-z0-9]")
_DATE: Final = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|(?:19|20)\d\d[./-](?:19|20)?\d\d")
_RECORD_NUMBER: Final = re.compile(r"(.+)-[1-9]\d{3,5}")
_NUMBERED: Final = re.compile(r"\d{3}|^(?=.{8}).*\d")
"""What tells an award from others: three digits in a row, or a digit in what is long."""
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]")
_LOWER: Final = string.ascii_lowercase.encode()
_UPPER: Final = string.ascii_uppercase.encode()
_MOST_UPPER: Final = 0.6
_LEAST_LETTERS: Final = 4
_FEWEST: Final = 3
_MOST: Final = 6
_SMALL: Final = frozenset(_LISTS["stop"]) - {"programa", "proyecto", "project", "program"}
_SHORTEST_CODE: Final = 7


def names_in(text: str) -> list[str]:
    """Acronyms and proper names in the order of a text, each once: lower case, acronyms of three letters or more.

    A name is a capitalised word that is neither a term of the glossary nor a place; a text all in capitals has none.
    """
    if _is_mostly_upper(text):
        return []
    words = [part for word in _WORD.findall(without_dots(text)) for part in _parts(word)]
    names = [name for word in words if (name := _name_of(word)) is not None]
    kept = set(strip_places([plain_word(word) for word in words]))
    return list(dict.fromkeys(name for name in names if name in kept))


def _is_mostly_upper(text: str) -> bool:
    """Whether most letters of a text are capitals. ASCII is counted by deleting, which is much quicker."""
    told = text.encode("ascii", "ignore")
    other = _BEYOND_ASCII.findall(text)
    rest = len(told.translate(None, _UPPER))
    upper = len(told) - rest + sum(map(str.isupper, other))
    letters = len(told) - len(told.translate(None, _UPPER + _LOWER)) + sum(map(str.isalpha, other))
    return upper > _MOST_UPPER * max(letters, 1)


def _parts(word: str) -> list[str]:
    """Two acronyms that a hyphen joins are two names (`PNUD-MOPT`); all else is one."""
    parts = word.split("-")
    return parts if all(len(part) > 2 and part.isalpha() and part.isupper() for part in parts) else [word]


@lru_cache(maxsize=65536)
def _name_of(word: str) -> str | None:
    """The name that a word of a text is, in plain spelling."""
    spelled = plain_word(word)
    if spelled in _EVERYBODYS or not word[0].isupper() or word.isdecimal():
        return None
    acronym = len(spelled) > 2 and any(sum(map(str.isupper, part)) > 1 for part in word.split("-"))
    return spelled if acronym or (len(spelled) >= _LEAST_LETTERS and not _is_known(word)) else None


def _is_known(word: str) -> bool:
    """Whether the glossary knows a word, or all the words that hyphens make one of."""
    return all(is_known(concept_of(part)) for part in plain(word).split())


def initials_in(title: str) -> list[str]:
    """What a title's own words may be shortened to: `Observatorio Nacional de la Violencia` is `onv` elsewhere.

    The initials of three to six words in a row that are all capitalised, but for small ones between them; of the whole
    title where it has so few.
    """
    found: list[str] = []
    run: list[str] = []
    texts = _WORD.findall(title)
    spelled = [(text, word) for text in texts if (word := plain_word(text)) not in _SMALL]
    whole = [word for _, word in spelled]
    for text, word in (*spelled, (".", "")):
        if text[0].isupper() and not text.isupper():
            run.append(word)
            continue
        if _FEWEST <= len(run) <= _MOST:
            found.append("".join(word[0] for word in run))
        run = []
    if _FEWEST <= len(whole) <= _MOST:
        found.append("".join(word[0] for word in whole))
    return list(dict.fromkeys(found))


def codes_in(text: str) -> list[str]:
    """Codes of awards, contracts and loans in the order of a text: letters with three digits or more, or seven digits.

    Shorter ones are mostly models of equipment, rooms, resolutions.
    """
    codes = []
    for code in _CODE.findall(text):
        if code.isalpha():
            continue
        compact = re.sub(r"[^A-Za-z0-9]", "", code).casefold()
        digits = sum(map(str.isdigit, compact))
        lettered = digits < len(compact)
        if _DATE.fullmatch(code) or len(compact) < _SHORTEST_CODE:
            continue
        if (lettered and digits >= 3 and not re.fullmatch(r"covid\d+", compact)) or not lettered:
            codes.append(compact)
    return list(dict.fromkeys(codes))


def award_of(identifier: str, reporter: str) -> str | None:
    """The award that an activity's own identifier is made of: what stands before a trailing record number.

    `US-GOV-11-SINLEC21GR3131-84772` is a record of award `SINLEC21GR3131`. None where there is no record number, or
    nothing before it that is told from other awards by a number: `07-CO1-1190` is the 1190th grant of a call.
    """
    own = identifier[len(reporter) :].lstrip("-:/ ") if identifier.startswith(reporter) else identifier
    match = _RECORD_NUMBER.fullmatch(own)
    if match is None:
        return None
    compact = re.sub(r"[^A-Za-z0-9]", "", match.group(1)).casefold()
    return compact if len(compact) >= 5 and _NUMBERED.search(compact) else None


def cut_boilerplate(text: str) -> str:
    """A description without the sentence that its reporter puts behind every one of a kind."""
    spelled = plain(text)
    if not any(phrase in spelled for phrase in _BOILERPLATE):
        return text
    words = [(found.start(), plain_word(found.group())) for found in _WORD.finditer(text)]
    told, starts = "", []
    for start, word in words:
        starts.append((len(told), start))
        told += word + " "
    places = [place for phrase in _BOILERPLATE if (place := told.find(phrase)) >= 0]
    return text[: max(start for at, start in starts if at <= min(places))] if places else text
