"""Places of the seven countries: departments and their main towns, by the names that texts give them."""

from collections.abc import Collection, Iterable, Sequence
from functools import cache, lru_cache
from typing import Final

from istmo_registry.domain.data import read_data
from istmo_registry.domain.phrases import Phrases
from istmo_registry.domain.words import plain

__all__ = ["COUNTRIES", "country_of", "department_of", "name_of", "places_in", "places_named", "strip_places"]

COUNTRIES: Final = ("bz", "cr", "sv", "gt", "hn", "ni", "pa")
"""ISO 3166-1 codes of the seven, as places spell them."""

_DATA: Final = read_data("gazetteer.json")


def _code(*parts: str) -> str:
    return "-".join(plain(part).replace(" ", "") for part in parts)


def _names() -> dict[str, list[str]]:
    """The codes of every plain name: one name may stand for places of several countries."""
    codes: dict[str, list[str]] = {}
    for country, names in read_data("words.json")["places"].items():
        for name in names:
            codes.setdefault(plain(name), []).append(country)
    for country, departments in _DATA["departments"].items():
        for department, stated in departments.items():
            code = _code(country, department)
            aliases = [alias[1:] for alias in stated if alias.startswith("=")]
            for name in (department, *aliases):
                codes.setdefault(plain(name), []).append(code)
            for town in stated:
                if town.startswith("="):
                    continue
                spellings = town.split("=")
                for name in spellings:
                    same = plain(name) == plain(department)
                    codes.setdefault(plain(name), []).append(code if same else f"{code}-{_code(spellings[0])}")
    # "Puebla-Panama" is a plan of many countries.
    codes |= {plain(name): [] for name in read_data("words.json")["no_places"]}
    return {name: list(dict.fromkeys(found)) for name, found in codes.items()}


_CODES: Final = _names()
_STATED_ONLY: Final = frozenset(plain(name) for name in _DATA["only_where_stated"]) - frozenset(
    plain(name) for names in read_data("words.json")["places"].values() for name in names
)
_IN_TEXT: Final = Phrases({name: name for name in _CODES if name not in _STATED_ONLY})


def country_of(place: str) -> str:
    """The country of a place's code."""
    return place[:2]


def department_of(place: str) -> str | None:
    """The code of the department in which a place is, None for a country."""
    parts = place.split("-")
    return "-".join(parts[:2]) if len(parts) > 1 else None


@cache
def _spelled() -> dict[str, str]:
    """The name of every place by its code, as people write it."""
    spelled: dict[str, str] = {}
    for country, departments in _DATA["departments"].items():
        for department, stated in departments.items():
            code = _code(country, department)
            spelled[code] = department
            for town in (town.split("=")[0] for town in stated if not town.startswith("=")):
                spelled.setdefault(f"{code}-{_code(town)}", town)
    return spelled


def name_of(place: str) -> str:
    """The name of a town or department, as people write it; the code itself for what has none."""
    return _spelled().get(place, place)


def places_named(name: str, countries: Collection[str]) -> list[str]:
    """The codes of the place of this stated name, in `countries` (lower case; none: wherever)."""
    return _within(_CODES.get(plain(name), ()), countries)


def places_in(words: Sequence[str], countries: Collection[str]) -> list[str]:
    """The codes of the places that plain words name, in order; countries too."""
    found = [code for _, name in _IN_TEXT.find(words) for code in _within(_CODES[name], countries)]
    return list(dict.fromkeys(found))


def strip_places(words: Sequence[str]) -> list[str]:
    """Plain words without those that name a place."""
    single = _single()
    return [word for word in _IN_TEXT.replace(words) if word not in single and " " not in word]


@lru_cache(maxsize=1)
def _single() -> frozenset[str]:
    return frozenset(name for name in _CODES if " " not in name and name not in _STATED_ONLY)


def _within(codes: Iterable[str], countries: Collection[str]) -> list[str]:
    codes = list(codes)
    # A country is what it is wherever the work is said to be; a town of a name that many have is where the work is.
    inside = [code for code in codes if "-" not in code or not countries or country_of(code) in countries]
    if any("-" not in code for code in inside):
        return [code for code in inside if "-" not in code]
    return inside if len(inside) <= 2 else []
