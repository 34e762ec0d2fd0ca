"""What partners read: one message catalogue per language, `es.json` and `en.json` beside this module.

A message is a `str.format` template; its placeholders are the same in both languages.
"""

import json
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Final, Literal

__all__ = ["LANGUAGES", "MESSAGES", "Language", "has_text", "language_of", "text"]

Language = Literal["es", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("es", "en")


def _messages(language: Language) -> Mapping[str, str]:
    source = files(__package__).joinpath(f"{language}.json").read_text(encoding="utf-8")
    return MappingProxyType(json.loads(source))


MESSAGES: Final[Mapping[Language, Mapping[str, str]]] = MappingProxyType(
    {language: _messages(language) for language in LANGUAGES}
)
"""Templates by language and key."""


def text(key: str, language: str, /, **values: object) -> str:
    """The message `key` in `language` (English for any but Spanish) with `values` in its placeholders.

    Raises KeyError for a key that the catalogue has not, or a placeholder without value.
    """
    return MESSAGES["es" if language == "es" else "en"][key].format_map(values)


def has_text(key: str) -> bool:
    """Whether the catalogue has a message of this key."""
    return key in MESSAGES["en"]


def language_of(partner_language: str | None, accept_language: str | None = None) -> Language:
    """The language to answer in: the partner's, else the best of `Accept-Language` (RFC 9110), else English."""
    if partner_language in LANGUAGES:
        return "es" if partner_language == "es" else "en"
    best: Language = "en"
    best_quality = 0.0
    for choice in (accept_language or "").split(","):
        tag, _, parameter = choice.strip().partition(";")
        primary = tag.strip().lower().partition("-")[0]
        quality = _quality(parameter)
        if primary in LANGUAGES and quality > best_quality:
            best, best_quality = ("es" if primary == "es" else "en"), quality
    return best


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
