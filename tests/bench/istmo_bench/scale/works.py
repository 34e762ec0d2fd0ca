"""Made-up works, each told by one activity or by several, in families that are easily confused.

Family after family, each from its own number: a smaller body of works is the beginning of a larger one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Final

from istmo_bench.scale.reporters import Reporter, reporter, some_reporter
from istmo_bench.scale.vocabulary import COUNTRIES, Term, coined, donor, place, rank, term

__all__ = ["Party", "Telling", "tellings"]

Party = tuple[str | None, str]
"""An organisation as a report names it: identifier, if stated, and name."""

_ORDINALS: Final = ("1", "2", "3")
_REDACTED: Final = ("Información reservada", "Redacted")


@dataclass(frozen=True, slots=True)
class Telling:
    """One activity: what `by` tells of the work `work`, which several tellings may be of.

    `title` and `told` are in Spanish and English; `cut` is the length at which the title ends. `award` is a code that
    is part of the identifier. `amount` is what the work costs. `refers`: (relation, identifier).
    """

    work: str
    activity: str
    by: Reporter
    title: Term
    told: Term
    starts: date
    ends: date
    countries: tuple[str, ...]
    purpose: str
    amount: int
    funder: Party
    implementer: Party
    bilingual: bool = False
    located: Term | None = None
    cut: int | None = None
    refers: tuple[tuple[str, str], ...] = ()


def tellings(seed: str, most: int) -> Iterator[Telling]:
    """The first `most` activities of the body of works that `seed` makes, each family's one after the other."""
    made = 0
    for number in count():
        for telling in _family(Random(f"{seed}/{number}"), number):
            if made == most:
                return
            yield telling
            made += 1


def _family(chance: Random, number: int) -> list[Telling]:
    first = _work(chance, number)
    kinds, weights = zip(*_FAMILIES, strict=True)
    family: Callable[[Random, Telling], list[Telling]] = chance.choices(kinds, weights)[0]
    return family(chance, first)


def _work(chance: Random, number: int) -> Telling:
    by = some_reporter(chance)
    countries: tuple[str, ...] = (chance.choice(by.countries),)
    if chance.random() < 0.04:
        countries = tuple(sorted(chance.sample(COUNTRIES, k=3)))
    where = place(chance, countries[0])
    starts = _start(chance)
    title, name = _title(chance, where), coined(rank(chance, 0.4, 40) + 40_000)
    return Telling(
        work=f"{number}",
        activity=_identifier(chance, by, number),
        by=by,
        title=title,
        told=_description(chance, by, title, name.upper()[:7] if chance.random() < 0.3 else name.title(), where),
        starts=starts,
        ends=starts + timedelta(days=chance.choice((364, 730, 1095, chance.randrange(90, 2500)))),
        countries=countries,
        purpose=chance.choice(by.purposes),
        amount=_amount(chance),
        funder=donor(chance) if by.style != "federal" else (by.identifier, by.named),
        implementer=_implementer(chance, by),
        bilingual=by.style != "federal" and chance.random() < 0.33,
        located=where if by.style != "federal" and chance.random() < 0.35 else None,
        refers=_astray(chance, by),
    )


def _identifier(chance: Random, by: Reporter, number: int, part: str = "") -> str:
    return f"{by.identifier}-{chance.choice('ABCDE')}{number:07d}{part}"


def _start(chance: Random) -> date:
    year = 2025 - min(rank(chance, 0.9), 15)
    habit = chance.random()
    if habit < 0.3:
        return date(year, 10, 1)
    return date(year, 1, 1) if habit < 0.4 else date(year, 1, 1) + timedelta(days=chance.randrange(365))


def _amount(chance: Random) -> int:
    amount = int(10 ** chance.uniform(3.5, 7))
    return round(amount, -4) or 10_000 if chance.random() < 0.35 else amount


def _title(chance: Random, where: Term) -> Term:
    said = [term(chance) for _ in range(chance.randrange(3, 7))]
    es = f"{said[0][0]} de {said[1][0]} para {' '.join(one[0] for one in said[2:])}"
    en = f"{said[1][1]} {said[0][1]} for {' '.join(one[1] for one in said[2:])}"
    if chance.random() < 0.3:
        name = coined(rank(chance, 0.4, 40) + 20_000).title()
        es, en = f"{es} {name}", f"{name} {en}"
    if chance.random() < 0.35:
        es, en = f"{es} en {where[0]}", f"{en} in {where[1]}"
    return es[0].upper() + es[1:], en[0].upper() + en[1:]


def _description(chance: Random, by: Reporter, title: Term, name: str, where: Term) -> Term:
    if by.style == "federal" and chance.random() < 0.12:
        return _REDACTED[0] + " por quien informa.", "The text is not available."
    said = [term(chance) for _ in range(chance.randrange(4, 30))]
    es = f"{title[0]}. {name}: {' '.join(one[0] for one in said)} en {where[0]}."
    en = f"{title[1]}. {name}: {' '.join(one[1] for one in said)} in {where[1]}."
    return es, en


def _implementer(chance: Random, by: Reporter) -> Party:
    if by.style == "federal":
        return None, by.named
    other = reporter(rank(chance, 0.4) + 3)
    return (other.identifier if chance.random() < 0.5 else None), other.named


def _astray(chance: Random, by: Reporter) -> tuple[tuple[str, str], ...]:
    """A reference to an activity that nobody reports: one in seven has some."""
    return (("1", f"{by.identifier}-{rank(chance, 0.3):06d}"),) if chance.random() < 0.15 else ()


def _alone(chance: Random, one: Telling) -> list[Telling]:
    if one.by.style == "federal" and chance.random() < 0.15:
        return [replace(one, title=_REDACTED)]
    return [one]


def _fragments(chance: Random, one: Telling) -> list[Telling]:
    """One award, reported piece by piece, under one title or under beginnings of it."""
    award, made = one.activity, []
    for piece in range(chance.choice((2, 2, 3, 4, 6))):
        starts = one.starts + timedelta(days=chance.choice((0, 0, 365, 366, chance.randrange(400))))
        cut = chance.choice((30, 44, 50)) if chance.random() < 0.15 else None
        told = one.told if chance.random() < 0.7 else (one.title[0], one.title[1])
        fragment = replace(one, activity=f"{award}-{piece + 1}", starts=starts, cut=cut, told=told)
        made.append(replace(fragment, amount=_amount(chance), ends=max(one.ends, starts)))
    return made


def _twins(chance: Random, one: Telling) -> list[Telling]:
    """Giver and partner tell of one work, each in its own words and language."""
    by = _another(chance, one)
    shared = [chance.random() < likely for likely in (0.6, 0.6, 0.6, 0.5)]
    told = one.told if shared[3] else (f"{one.title[0]}. {one.by.name[0]}", f"{one.title[1]}. {one.by.name[1]}")
    apart = timedelta(days=chance.randrange(1, 45))
    other = replace(
        one,
        by=by,
        activity=_identifier(chance, by, int(one.work), "T"),
        title=_retold(chance, one.title),
        told=told,
        starts=one.starts if shared[0] else one.starts + apart,
        ends=one.ends if shared[1] else one.ends + apart,
        amount=one.amount if shared[2] else int(one.amount * chance.uniform(0.8, 1.25)),
        funder=(one.by.identifier if chance.random() < 0.5 else None, one.by.named),
        implementer=(by.identifier, by.named),
        bilingual=False,
        refers=(),
    )
    return [replace(one, implementer=(None, by.named)), other]


def _another(chance: Random, one: Telling) -> Reporter:
    while (by := some_reporter(chance)) is one.by or by.style == "federal":
        pass
    return by


def _retold(chance: Random, title: Term) -> Term:
    """The title less a word, or with one more, in both languages at once."""
    changed = chance.random()
    if changed < 0.4:
        return title
    if changed < 0.7:
        return title[0].rsplit(" ", 1)[0], title[1].rsplit(" ", 1)[0]
    added = term(chance)
    return f"{title[0]} y {added[0]}", f"{title[1]} and {added[1]}"


def _phases(chance: Random, one: Telling) -> list[Telling]:
    """One work after the other, told apart by a number."""
    made = []
    for place_, phase in enumerate(_ORDINALS[: chance.choice((2, 2, 3))]):
        later = timedelta(days=place_ * 1095)
        title = (f"{one.title[0]}, fase {phase}", f"{one.title[1]}, phase {phase}")
        made.append(_apart(chance, one, place_, title, one.countries[0], later))
    return made


def _siblings(chance: Random, one: Telling) -> list[Telling]:
    """One plan, a work of its own in each country."""
    return [
        _apart(chance, one, place_, one.title, country, timedelta(0))
        for place_, country in enumerate(chance.sample(COUNTRIES, k=3))
    ]


def _stock(chance: Random, one: Telling) -> list[Telling]:
    """Works that have nothing in common but a title which their reporter uses again and again."""
    title = one.by.stock[rank(chance, 0.7) % len(one.by.stock)]
    made = []
    for place_ in range(chance.choice((1, 2, 3, 5))):
        later = timedelta(days=chance.randrange(2000))
        made.append(_apart(chance, one, place_, title, chance.choice(one.by.countries), later))
    return [replace(telling, told=title if chance.random() < 0.4 else telling.told) for telling in made]


def _apart(chance: Random, one: Telling, place_: int, title: Term, country: str, later: timedelta) -> Telling:
    where = place(chance, country)
    return replace(
        one,
        work=f"{one.work}/{place_}",
        activity=f"{one.activity}-{chr(ord('A') + place_)}",
        title=title,
        told=_description(chance, one.by, title, coined(rank(chance, 0.4, 40) + 60_000).title(), where),
        starts=one.starts + later,
        ends=one.ends + later,
        countries=(country,),
        amount=_amount(chance),
        located=None if one.located is None else where,
    )


def _parts(chance: Random, one: Telling) -> list[Telling]:
    """A work and two that name it as theirs."""
    made = [one]
    for place_ in range(2):
        title = (f"{one.title[0]}: {term(chance)[0]}", f"{one.title[1]}: {term(chance)[1]}")
        part = _apart(chance, one, place_, title, one.countries[0], timedelta(days=chance.randrange(300)))
        made.append(replace(part, refers=(("1", one.activity),)))
    return made


_FAMILIES: Final = ((_alone, 55), (_fragments, 9), (_twins, 9), (_phases, 2), (_siblings, 4), (_stock, 13), (_parts, 1))
"""Families, and how many of a hundred (or so) are of each."""
