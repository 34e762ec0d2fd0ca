"""How values of reports read in one language."""

from collections.abc import Iterable

from istmo_common.codelists import COUNTRIES, PLACES, Codelist
from istmo_common.events.values import Narratives

__all__ = ["countries", "in_language", "named"]


def in_language(narratives: Narratives, language: str) -> str:
    """The text in `language`, else one that names no language, else the first; empty where there is none."""
    for wanted in (language, None):
        for narrative in narratives:
            stated = narrative.language.lower().partition("-")[0] if narrative.language else None
            if stated == wanted:
                return narrative.text
    return narratives[0].text if narratives else ""


def named(codelist: Codelist, codes: Iterable[str], language: str) -> list[dict[str, str]]:
    """Codes with their names, in the order given."""
    return [{"code": code, "name": codelist.name(code, language)} for code in codes]


def countries(codes: Iterable[str], language: str) -> list[dict[str, str]]:
    """Countries, or the frame's places `regional` and `elsewhere`, with their names."""
    return [named(COUNTRIES if code in COUNTRIES else PLACES, [code], language)[0] for code in codes]
