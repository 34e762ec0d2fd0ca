"""How many of what texts tell: accounts of one work count alike (`12 oficiales`, `twelve officers`)."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice, takewhile
from typing import Any, Final, TypeAlias

from istmo_registry.domain.data import numbers_by_word, read_data
from istmo_registry.domain.gazetteer import strip_places
from istmo_registry.domain.words import concepts_in, plain_word

__all__ = ["Counts", "parse_counts", "spell_counts"]

Counts: TypeAlias = Mapping[int, frozenset[str]]
"""By number, concepts of what there is so much of: the first that a text tells behind it."""

_LISTS: Final[dict[str, Any]] = read_data("words.json")
_NUMBERS: Final = numbers_by_word(_LISTS["numbers"])
_TIMES: Final = numbers_by_word(_LISTS["multipliers"])
_UNITS: Final = frozenset(_LISTS["uncounted_units"])
"""Behind a number: it is part of a date, a span of time, a share."""
_LABELS: Final = _UNITS.union(_LISTS["uncounted_labels"], _LISTS["phase_words"], _LISTS["component_words"])
"""Before a number: it tells which one, not how many."""
_BETWEEN: Final = frozenset({"de", "del", "of", "a", "al", "to", "y", "and", "o", "or", "por", "per"})
# `1,200`, `1.200` and `1 200` are one number; pieces of codes, days and ranges are none.
_TOKEN: Final = re.compile(
    r"(?<![\w#/.-])(?:\d{1,3}(?:[.,\s]\d{3})+|\d{1,9}(?:[.,]\d{1,2})?)(?!\w|[/.,-]\d)|[^\W\d_]+|%|[.;:](?=\s)"
)
_YEARS: Final = range(1950, 2051)
_LEAST: Final = 2
_LARGEST: Final = 10**12
_MOST: Final = 16
_THINGS: Final = 3
_BEHIND: Final = 4


def spell_counts(texts: Iterable[str]) -> list[str]:
    """What texts count, as words: `12+officer+police`; the first numbers of them."""
    found: dict[int, frozenset[str]] = {}
    for number, things in (count for text in texts for count in _counts_in(text)):
        found[number] = found.get(number, frozenset()) | things
    return ["+".join((str(number), *sorted(things))) for number, things in islice(found.items(), _MOST)]


def parse_counts(spelled: Iterable[str]) -> Counts:
    """What `spell_counts` wrote."""
    return {int(number): frozenset(things) for number, *things in (one.split("+") for one in spelled)}


@lru_cache(maxsize=4096)
def _counts_in(text: str) -> tuple[tuple[int, frozenset[str]], ...]:
    words = [token if token[0].isdecimal() else plain_word(token) or token for token in _TOKEN.findall(text)]
    return tuple(islice(_counts(words), _MOST))


def _counts(words: Sequence[str]) -> Iterator[tuple[int, frozenset[str]]]:
    at = 0
    while at < len(words):
        begin, number = at, _number_of(words[at])
        at += 1
        if number is None:
            continue
        if words[begin] in _NUMBERS:
            number, at = _spoken(words, number, at)
        while at < len(words) and words[at] in _TIMES:
            number, at = number * _TIMES[words[at]], at + 1
        if _LEAST <= number <= _LARGEST and number % 1 == 0 and not _is_label(words, begin, at):
            yield int(number), _things(words[at : at + _BEHIND])


def _number_of(word: str) -> float | None:
    if not word[0].isdecimal():
        return _NUMBERS.get(word)
    *whole, last = re.split(r"[.,\s]", word)
    number = float("".join([*whole, last]) if len(last) >= 3 else ".".join(["".join(whole), last]) if whole else last)
    return None if number in _YEARS and not whole else number


def _spoken(words: Sequence[str], number: float, at: int) -> tuple[float, int]:
    """A number in words with the smaller ones behind it: `doscientos treinta y cinco`, `forty-five`."""
    while True:
        behind = at + 1 if words[at : at + 1] == ["y"] else at
        smaller = _NUMBERS.get(words[behind], 0) if behind < len(words) else 0
        if not smaller or number % 10 ** len(str(smaller)):
            return number, at
        number, at = number + smaller, behind + 1


def _is_label(words: Sequence[str], begin: int, end: int) -> bool:
    """Whether a number tells a day, a span, a share, or which one something is."""
    if (begin and words[begin - 1] in _LABELS) or words[end - 1] in _UNITS:
        return True
    behind = next((word for word in words[end:] if word not in _BETWEEN and not word[0].isdecimal()), "")
    return behind in _UNITS


def _things(behind: Sequence[str]) -> frozenset[str]:
    """What is counted: the first concepts of the same sentence, up to another number."""
    return frozenset(concepts_in(strip_places([*takewhile(_is_thing, behind)]))[:_THINGS])


def _is_thing(word: str) -> bool:
    return word.isalpha() and word not in _NUMBERS and word not in _TIMES
