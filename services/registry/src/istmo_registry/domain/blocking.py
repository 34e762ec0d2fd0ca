"""The keys under which activities find each other: only pairs that share a live key, or a reference, are compared.

A key with more current carriers than `Parameters.most_carriers` is dead: it makes no candidates. Carriers are the
standing CLEAR activities whose features have the key. Keys are composite: two things that seldom come together.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from hashlib import blake2b
from itertools import combinations, islice, pairwise
from typing import Final

from istmo_registry.domain.features import Features
from istmo_registry.domain.prepared import Parties, Prepared
from istmo_registry.domain.text import TitleParts
from istmo_registry.domain.words import weight_of

__all__ = ["MOST_KEYS", "keys_of"]

MOST_KEYS: Final = 40
"""So many keys an activity has at most, those first that say most: each is a row that *fold* writes."""
_COUNTRIES: Final = 3
"""An activity in more countries than these has its keys once, for all together."""
_CODES: Final = 6
_NAMES: Final = 4
_INITIALS: Final = 2
_AMOUNTS: Final = 4
_TELLING_DIGITS: Final = 2
_SECTORS: Final = 2
_NEAR_DAYS: Final = 31
_YEAR_DAYS: Final = 366
_PARTIES: Final = 3
_PARTIES_EACH: Final = 3
_WORDS: Final = 8
"""So many words of a title make keys: titles are cut at different lengths, their beginnings are not."""
_TELLING: Final = 4
"""So many of its words that say most are paired with each other."""
_DESCRIBED: Final = 5
_DATED: Final = 2


def keys_of(features: Features) -> frozenset[str]:
    """The blocking keys of an activity, `MOST_KEYS` at most, each short ASCII-safe text of at most 70 characters.

    By what they say: identifiers and award codes; names; a title's words in any order; a day on which it starts or ends
    with a place or a purpose; an amount; two organisations of it; two words of its title; a word that few tell in its
    country; a purpose about a day; two words of its description.
    """
    return frozenset(islice(dict.fromkeys(_keys(features)), MOST_KEYS))


def _keys(features: Features) -> Iterator[str]:
    work = features.prepared
    for identifier in features.identifiers[:_CODES]:
        yield _key("identifier", identifier)
    for code in sorted(work.codes)[:_CODES]:
        yield _key("code", code)
    for award in sorted(work.award):
        yield _key("award", features.activity.reporter, award)
    names = [*sorted(work.title_names)[:_NAMES], *sorted(work.initials)[:_INITIALS]]
    for name in names:
        yield _key("name", name)
    for title in work.titles:
        words = _words(title)
        if len(words) > 1:
            yield _key("title", *sorted(set(words)))
    for country in _countries(features):
        for name in (*names, *sorted(work.names - work.title_names)[:_NAMES]):
            yield _key("name", name, country)
        yield from _day_keys(features, country)
        yield from _party_keys(features, country)
        yield from _word_keys(work, country)
        yield from _near_keys(features, country)


def _countries(features: Features) -> tuple[str, ...]:
    """The stated countries, else those that titles name; one for all where there are none, or many."""
    stated = features.countries or tuple(sorted(code.upper() for code in features.prepared.title_countries))
    return stated if 0 < len(stated) <= _COUNTRIES else ("",)


def _words(title: TitleParts) -> list[str]:
    return [word for word in title.words if not word.isdecimal()][:_WORDS]


def _telling(concepts: Iterable[str]) -> list[str]:
    """Those that say most first."""
    return sorted(concepts, key=lambda concept: (-weight_of(concept), concept))


def _days(features: Features) -> list[tuple[str, date]]:
    days = (("start", features.starts), ("end", features.ends))
    return [(field, day) for field, day in days if day is not None]


def _day_keys(features: Features, country: str) -> Iterator[str]:
    work = features.prepared
    for field, day in _days(features):
        # Alive only where few start or end on that day: not on the first of a fiscal year.
        yield _key(field, day.isoformat(), country)
        for sector in sorted(work.sectors)[:_SECTORS]:
            yield _key(field, day.isoformat(), sector, country)
        for place in sorted(work.departments)[:_SECTORS]:
            yield _key(field, day.isoformat(), place)
    amounts = [total.split(" ", 1)[1] for total in features.totals] + list(features.amounts)
    telling = sorted({amount for amount in amounts if _is_telling(amount)}, key=lambda amount: (-len(amount), amount))
    for amount in telling[:_AMOUNTS]:
        yield _key("amount", amount.rstrip("0").rstrip("."), country)


def _is_telling(amount: str) -> bool:
    """Whether `USD 1500.00` has more digits than a round sum."""
    return len(amount.split()[1].rstrip("0").replace(".", "")) > _TELLING_DIGITS


def _party_keys(features: Features, country: str) -> Iterator[str]:
    """Who pays, reports and carries out, two by two: a giver's record and its implementer's name the same two."""
    work = features.prepared
    reporters, funders, implementers = (_known(parties) for parties in (work.reporter, work.funders, work.implementers))
    sides = [(one, other) for one in reporters for other in (*funders, *implementers)]
    sides += [(one, other) for one in funders for other in implementers]
    windows = () if features.starts is None else _windows(features.starts, _YEAR_DAYS)
    for pair in sorted({(min(pair), max(pair)) for pair in sides if pair[0] != pair[1]})[:_PARTIES]:
        yield _key("parties", *pair, country)
        for window in windows:
            yield _key("parties", *pair, window, country)


def _known(parties: Parties) -> list[str]:
    named = sorted({*parties.known, *(f"!{identifier}" for identifier in parties.identifiers)})
    return named[:_PARTIES_EACH] or sorted("~" + " ".join(sorted(name)) for name in parties.names)[:_PARTIES_EACH]


def _word_keys(work: Prepared, country: str) -> Iterator[str]:
    told, titled = _telling(work.beyond)[:_DESCRIBED], _telling(work.concepts)[:_TELLING]
    for title in work.titles:
        words = _words(title)
        telling = _telling(dict.fromkeys(words))[:_TELLING]
        # Wherever it is said to be: many state no country, or a region.
        for pair in combinations(sorted(telling[:3]), 2):
            yield _key("anywhere", *pair)
        pairs = dict.fromkeys(tuple(sorted(pair)) for pair in (*combinations(telling, 2), *pairwise(words)))
        for words_told in [pair for pair in pairs if len(set(pair)) > 1] or [(word, "") for word in words]:
            yield _key("words", *words_told, country)
    # Alive only where few works of the country tell the word, in whatever text: a plant, a trade, a people.
    for concept in dict.fromkeys((*titled, *told)):
        yield _key("word", concept, country)


def _near_keys(features: Features, country: str) -> Iterator[str]:
    work = features.prepared
    for field, day in _days(features):
        for sector in sorted(work.sectors)[:_SECTORS]:
            for window in _windows(day, _NEAR_DAYS):
                yield _key(f"near-{field}", window, sector, country)
        for concept in (*_telling(work.concepts)[:_DATED], *_telling(work.beyond)[:_DATED]):
            yield _key(field, day.isoformat(), concept, country)
    told, titled = _telling(work.beyond)[:_DESCRIBED], _telling(work.concepts)[:_TELLING]
    for told_pair in dict.fromkeys((min(a, b), max(a, b)) for a in told for b in (*titled, *told) if a != b):
        yield _key("words", *told_pair, country)


def _windows(day: date, days: int) -> tuple[str, str]:
    """Two windows that a day is in, the second half a window later: days close to each other share one."""
    number = day.toordinal()
    return f"{days}:{number // days}", f"{days}+:{(number + days // 2) // days}"


def _key(kind: str, *parts: str) -> str:
    return f"{kind}:{blake2b(chr(0).join(parts).encode(), digest_size=12).hexdigest()}"
