"""The keys under which activities find each other: only pairs that share a live key, or a reference, are compared.

A key with more current carriers than `Parameters.most_carriers` is dead: it makes no candidates. Carriers are the
standing CLEAR activities whose features have the key. Keys are composite: two things that seldom come together.
"""

from bisect import bisect
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from itertools import combinations, islice, pairwise
from typing import Final, NamedTuple

from istmo_common.codelists.places import SEVEN_COUNTRIES
from istmo_registry.domain.comparing.amounts import in_dollars
from istmo_registry.domain.features import Features
from istmo_registry.domain.prepared import Parties
from istmo_registry.domain.text import TitleParts
from istmo_registry.domain.words import weight_of

__all__ = ["MOST_KEYS", "MOST_KEYS_OF_A_REGION", "keys_of"]

MOST_KEYS: Final = 28
"""So many keys an activity has at most, those first that find most: each is a row that *fold* writes."""
MOST_KEYS_OF_A_REGION: Final = 70
"""So many where it is a work of the region, whose countries have works that are parts of it."""
_COUNTRIES: Final = 3
"""An activity in more countries than these has its keys once, for all together."""
_REGIONAL_NAMES: Final = 2
_REGIONAL_WORDS: Final = 6
"""So many names, and so many keys of its titles' words, a work of the region has in each of its countries."""
_CODES: Final = 6
_NAMES: Final = 4
_INITIALS: Final = 2
_AMOUNTS: Final = 4
_TELLING_DIGITS: Final = 2
_GIVERS: Final = 2
_STEPS: Final = tuple(1.5**step for step in range(64))
"""Sums between two of these are of one size, in dollars."""
_SECTORS: Final = 2
_YEAR_DAYS: Final = 366
_PARTIES: Final = 3
_PARTIES_EACH: Final = 3
_WORDS: Final = 8
"""So many words of a title make keys: titles are cut at different lengths, their beginnings are not."""
_TELLING: Final = 4
"""So many of its words that say most are paired with each other."""
_DESCRIBED: Final = 5
_CALLED: Final = 3
"""So many of them, of those by which it calls what it is a part of."""


def keys_of(features: Features) -> frozenset[str]:
    """The blocking keys of an activity, each short ASCII-safe text of at most 70 characters.

    `MOST_KEYS` at most, `MOST_KEYS_OF_A_REGION` where it is in more than three countries of the isthmus. By what they
    say: identifiers and award codes; a title's words in any order; in each country of a region what it is called;
    names; an amount; a giver and a size; a day on which it starts or ends; a word of its title that few tell in its
    country; two words of its title; two organisations of it in some year; a word of its description; a day with a
    place or a purpose; names and two words of its title wherever.
    """
    money = [*_telling_amounts(features), *_sizes(features)]
    kept: dict[str, None] = {}
    for key in _keys(replace(features, totals=(), amounts=(), references=(), hierarchy=None)):
        if isinstance(key, str):
            kept[key] = None
        else:
            kept |= {_key(*told, key.country): None for told in money}
    return frozenset(islice(kept, _most(features)))


class _Money(NamedTuple):
    """Where the keys of money come in."""

    country: str


# Most changes of an activity are those of its money.
@lru_cache(maxsize=4096)
def _keys(features: Features) -> tuple[str | _Money, ...]:
    """The keys of features without money, as many as there may be, with the places where those of money come in."""
    kept: dict[str | _Money, None] = {}
    places, most = 0, _most(features)
    for key in _all_keys(features):
        kept[key] = None
        places += isinstance(key, _Money)
        # What comes after these is too much, whatever the money is.
        if len(kept) - places == most:
            break
    return tuple(kept)


def _most(features: Features) -> int:
    return MOST_KEYS_OF_A_REGION if _parts(features) else MOST_KEYS


def _all_keys(features: Features) -> Iterator[str | _Money]:
    yield from _certain_keys(features)
    for country in _parts(features):
        yield from islice(_name_keys(features, country), _REGIONAL_NAMES)
        yield from islice(_title_keys(features, country), _REGIONAL_WORDS)
    countries = _countries(features)
    for of_kind in (_name_keys, _money_keys, _day_keys, _title_keys, _party_keys, _described_keys, _dated_keys):
        for country in countries:
            yield from of_kind(features, country)
    # Wherever it is said to be: many state no country, or a region.
    for name in _names(features):
        yield _key("name", name)
    for title in features.prepared.titles:
        for pair in combinations(sorted(_telling(dict.fromkeys(_words(title)))[:3]), 2):
            yield _key("anywhere", *pair)


def _certain_keys(features: Features) -> Iterator[str]:
    work = features.prepared
    for identifier in features.identifiers[:_CODES]:
        yield _key("identifier", identifier)
    for code in sorted(work.codes)[:_CODES]:
        yield _key("code", code)
    for award in sorted(work.award):
        yield _key("award", features.activity.reporter, award)
    for title in work.titles:
        words = _words(title)
        if len(words) > 1:
            yield _key("title", *sorted(set(words)))


def _countries(features: Features) -> tuple[str, ...]:
    """The stated countries, else those that titles name; one for all where there are none, or many."""
    stated = features.countries or tuple(sorted(code.upper() for code in features.prepared.title_countries))
    return stated if 0 < len(stated) <= _COUNTRIES else ("",)


def _parts(features: Features) -> tuple[str, ...]:
    """The countries of the isthmus that a work of the region is in."""
    inside = tuple(country for country in SEVEN_COUNTRIES if country in features.countries)
    return inside if len(inside) > _COUNTRIES else ()


def _words(title: TitleParts) -> list[str]:
    return [word for word in title.words if not word.isdecimal()][:_WORDS]


def _names(features: Features) -> list[str]:
    work = features.prepared
    return [*sorted(work.title_names)[:_NAMES], *sorted(work.initials)[:_INITIALS]]


def _telling(concepts: Iterable[str]) -> list[str]:
    """Those that say most first."""
    return sorted(concepts, key=lambda concept: (-weight_of(concept), concept))


def _days(features: Features) -> list[tuple[str, date]]:
    days = (("start", features.starts), ("end", features.ends))
    return [(field, day) for field, day in days if day is not None]


def _name_keys(features: Features, country: str) -> Iterator[str]:
    work = features.prepared
    for name in (*_names(features), *sorted(work.names - work.title_names)[:_NAMES]):
        yield _key("name", name, country)


def _money_keys(_: Features, country: str) -> Iterator[_Money]:
    yield _Money(country)


def _telling_amounts(features: Features) -> list[tuple[str, str]]:
    amounts = [total.split(" ", 1)[1] for total in features.totals] + list(features.amounts)
    telling = sorted({amount for amount in amounts if _is_telling(amount)}, key=lambda amount: (-len(amount), amount))
    return [("amount", amount.rstrip("0").rstrip(".")) for amount in telling[:_AMOUNTS]]


def _sizes(features: Features) -> list[tuple[str, str, str]]:
    """Who gives, and how much it is at most: a work's sums are told in several currencies, and with parts left out."""
    told = [total.split() for total in features.totals]
    sums = [in_dollars(float(amount), currency) for _, currency, amount in told]
    largest = max((sum_ for sum_ in sums if sum_ is not None), default=0.0)
    if largest <= 0:
        return []
    givers = Parties.of(features.funders)
    # A bureau's works are listed as its department's, and the other way round.
    named = [*_known(givers), *sorted(givers.above)]
    return [("size", giver, str(bisect(_STEPS, largest))) for giver in named[:_GIVERS]]


def _is_telling(amount: str) -> bool:
    """Whether `USD 1500.00` has more digits than a round sum."""
    return len(amount.split()[1].rstrip("0").replace(".", "")) > _TELLING_DIGITS


def _day_keys(features: Features, country: str) -> Iterator[str]:
    """Alive only where few start or end on that day: not on the first of a fiscal year."""
    for field, day in _days(features):
        yield _key(field, day.isoformat(), country)


def _dated_keys(features: Features, country: str) -> Iterator[str]:
    work = features.prepared
    for field, day in _days(features):
        for place in sorted(work.departments)[:_SECTORS]:
            yield _key(field, day.isoformat(), place)
        for sector in sorted(work.sectors)[:_SECTORS]:
            yield _key(field, day.isoformat(), sector, country)


def _party_keys(features: Features, country: str) -> Iterator[str]:
    """Who pays, reports and carries out, two by two: a giver's record and its implementer's name the same two."""
    work = features.prepared
    reporters, funders, implementers = (_known(parties) for parties in (work.reporter, work.funders, work.implementers))
    sides = [(one, other) for one in reporters for other in (*funders, *implementers)]
    sides += [(one, other) for one in funders for other in implementers]
    windows = ("",) if features.starts is None else _windows(features.starts)
    for pair in sorted({(min(pair), max(pair)) for pair in sides if pair[0] != pair[1]})[:_PARTIES]:
        for window in windows:
            yield _key("parties", *pair, window, country)


def _known(parties: Parties) -> list[str]:
    named = sorted({*parties.known, *(f"!{identifier}" for identifier in parties.identifiers)})
    return named[:_PARTIES_EACH] or sorted("~" + " ".join(sorted(name)) for name in parties.names)[:_PARTIES_EACH]


def _title_keys(features: Features, country: str) -> Iterator[str]:
    work = features.prepared
    for concept in _telling(work.concepts)[:_TELLING]:
        yield _key("word", concept, country)
    for title in work.titles:
        words = _words(title)
        telling = _telling(dict.fromkeys(words))[:_TELLING]
        pairs = dict.fromkeys(tuple(sorted(pair)) for pair in (*combinations(telling, 2), *pairwise(words)))
        for words_told in [pair for pair in pairs if len(set(pair)) > 1] or [(word, "") for word in words]:
            yield _key("words", *words_told, country)


def _described_keys(features: Features, country: str) -> Iterator[str]:
    """Alive only where few works of the country tell the word, in whatever text: a plant, a trade, a people."""
    work = features.prepared
    wholes = _telling(frozenset[str]().union(*work.wholes))[:_CALLED]
    for concept in [*wholes, *_telling(work.beyond - frozenset(wholes))][:_DESCRIBED]:
        yield _key("word", concept, country)


def _windows(day: date) -> tuple[str, str]:
    """Two years that a day is in, the second from the middle of the first: days close to each other share one."""
    number = day.toordinal()
    return f"{number // _YEAR_DAYS}", f"+{(number + _YEAR_DAYS // 2) // _YEAR_DAYS}"


def _key(kind: str, *parts: str) -> str:
    return f"{kind}:{blake2b(chr(0).join(parts).encode(), digest_size=12).hexdigest()}"
