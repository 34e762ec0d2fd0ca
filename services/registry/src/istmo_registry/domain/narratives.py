"""What of a report's narratives matching reads: the languages that it knows, without what no reader sees."""

import html
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from istmo_common.events.values import Narrative
from istmo_registry.domain.data import read_data
from istmo_registry.domain.words import plain_word

__all__ = ["readable_texts"]

_KNOWN: Final = frozenset({"es", "en"})
_FUNCTION_WORDS: Final[dict[str, frozenset[str]]] = {
    language: frozenset(words.split()) for language, words in read_data("words.json")["function_words"].items()
}
"""By language, in plain spelling: what every text has, whatever it tells."""
_WORD: Final = re.compile(r"[^\W\d_]+")
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]*>")


def readable_texts(narratives: Sequence[Narrative]) -> tuple[str, ...]:
    """The texts in Spanish, in English, or in a language that nobody states; all of them, where there are none such.

    Many donors tell everything once more in their own language, whose words are not names. What is told in another
    language alone is read for what no language translates, without its function words. `Fundaci&#243;n` is `Fundación`,
    and `<p>` is nothing.
    """
    known = tuple(_shown(one.text) for one in narratives if one.language is None or _spoken(one.language) in _KNOWN)
    return known or tuple(_without_function_words(_shown(one.text), one.language or "") for one in narratives)


def _spoken(language: str) -> str:
    return language.partition("-")[0].lower()


def _shown(text: str) -> str:
    """A text as its writer saw it, who wrote it into a page."""
    if "&" in text:
        text = html.unescape(text)
    return _TAG.sub(" ", text) if "<" in text else text


@lru_cache(maxsize=1024)
def _without_function_words(text: str, language: str) -> str:
    words = _FUNCTION_WORDS.get(_spoken(language), frozenset())
    return _WORD.sub(lambda found: "" if plain_word(found.group()) in words else found.group(), text)
