"""From a report and its living lines to the features that matching reads."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import Final

from istmo_common.events.activities import ActivityDate, ActivityReported
from istmo_common.events.transactions import Transaction
from istmo_registry.domain.counts import spell_counts
from istmo_registry.domain.data import read_data
from istmo_registry.domain.directory import ISTHMUS_GOVERNMENT, KNOWN_DIRECTORY, Directory
from istmo_registry.domain.features import Features, Reference, ReferenceKind
from istmo_registry.domain.gazetteer import department_of, places_in, places_named, strip_places
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.marks import marks_of
from istmo_registry.domain.money import exact_sum
from istmo_registry.domain.names import award_of, codes_in, cut_boilerplate, initials_in, names_in
from istmo_registry.domain.narratives import readable_texts
from istmo_registry.domain.parties import countries_of, home_of, reference_to, reporter_of
from istmo_registry.domain.prepared import (
    CONTINUATION_MARK,
    COUNT_MARK,
    ENDS_MADE_UP,
    GOVERNMENT_MARK,
    INITIALS,
    PART_MARK,
    STARTS_MADE_UP,
)
from istmo_registry.domain.resolving import Reference as Party
from istmo_registry.domain.text import normal_identifier, normal_title
from istmo_registry.domain.wholes import continues, wholes_in
from istmo_registry.domain.words import concepts_in, plain, weight_of

__all__ = ["features_of"]

_RELATED: Final[dict[str, ReferenceKind]] = {
    "1": "part-of",
    "2": "part-of",
    "3": "sibling",
    "4": "co-funded",
    "5": "same-work",
}
_STARTS: Final = ("2", "1")
_ENDS: Final = ("4", "3")
_DAY_MARKS: Final = (STARTS_MADE_UP, ENDS_MADE_UP)
_MADE_UP: Final = frozenset({"calculated", "unavailable", "calculada"})
"""Words by which a date's narrative says that nobody knows the day."""
_FUNDING: Final = "1"
_EXTENDING: Final = "3"
_IMPLEMENTING: Final = "4"
_OUTGOING: Final = frozenset({"2", "3"})
_INCOMING: Final = frozenset({"1", "11", "13"})
_COUNTED: Final = frozenset({"1", "2", "3", "4", "11"})

_GOVERNMENTS: Final = frozenset({"10", "11"})
"""Types of a reporter that the directory does not know: those that give are known there."""
_PART_WORDS: Final = frozenset(read_data("words.json")["component_words"])
_PARTS_WORDS: Final = frozenset(word + plural for word in _PART_WORDS for plural in ("s", "es"))

# How much of long reports is looked at.
_CHARACTERS: Final = 2000
_WORDS: Final = 60
_WHOLES: Final = 4
_NAMES: Final = 30
_INITIALS: Final = 12
_SHORT: Final = 3
_CODES: Final = 20
_PLACES: Final = 30
_PURPOSES: Final = 20
_MARKS: Final = 40
_AMOUNTS: Final = 12


def features_of(
    report: ActivityReported, lines: Iterable[Transaction], directory: Directory = KNOWN_DIRECTORY
) -> Features:
    """The features of an activity from its current report and its living lines, as far as they are CLEAR.

    A restricted line must not be among `lines`, and a restricted activity has no features at all.
    """
    lines = tuple(lines)
    countries, home = countries_of(report, lines), home_of(report, lines)
    titles = readable_texts(report.title)
    told = readable_texts([narrative for described in report.descriptions for narrative in described.narratives])
    lower = frozenset(country.lower() for country in countries)
    # Types B… name the organisation that reported before, not the undertaking.
    others = tuple(other.identifier for other in report.other_identifiers if not (other.type or "").startswith("B"))
    words, names = _words_and_names(titles, told)
    days = _date(report, _STARTS), _date(report, _ENDS)
    references = {Reference(kind, target) for kind, target in _references(report, lines) if target != report.activity}
    return Features(
        activity=ActivityId(report.reporter, report.activity),
        titles=_titles(titles, lower),
        identifiers=tuple(sorted({normal_identifier(one) for one in (report.activity, *others)} - {""})),
        codes=_codes(report.reporter, report.activity, others, titles, told),
        words=tuple(sorted([*words, *_made_up(report, lines, days)])),
        names=names,
        countries=tuple(sorted(countries)),
        places=_places(tuple(dict.fromkeys(_located(report))), told, lower),
        purposes=_purposes(report, lines),
        reporters=_reporter(report, home, directory),
        funders=_marks(
            [*_parties(report, lines, _FUNDING, _INCOMING, home), *_extending(report, home, directory)], directory
        ),
        implementers=_marks(_parties(report, lines, _IMPLEMENTING, _OUTGOING, home), directory),
        totals=_totals(report, lines),
        amounts=_amounts(lines),
        hierarchy=report.hierarchy,
        references=tuple(sorted(references)),
        starts=days[0],
        ends=days[1],
    )


def _references(report: ActivityReported, lines: Iterable[Transaction]) -> Iterator[tuple[ReferenceKind, str]]:
    for related in report.related_activities:
        if related.type in _RELATED:
            yield _RELATED[related.type], related.activity
    for organisation in report.participating_organisations:
        if organisation.activity is not None:
            yield "funds", organisation.activity
    for line in lines:
        for party in (line.provider, line.receiver):
            if party is not None and party.activity is not None:
                yield "funds", party.activity


def _date(report: ActivityReported, types: Iterable[str]) -> date | None:
    """The earliest date of the first of `types` that the report states."""
    for preferred in types:
        stated = [dated.date for dated in report.dates if dated.type == preferred]
        if stated:
            return min(stated)
    return None


def _made_up(report: ActivityReported, lines: Iterable[Transaction], days: Iterable[date | None]) -> list[str]:
    """Marks of those of the days that who reports does not know, and took from payments.

    Some take the beginning of the year of the first line and the day of the last one, and say so of one of the two.
    """
    made_up = {dated.date for dated in report.dates if _is_made_up(dated)}
    if made_up:
        made_up.update(line.date for line in lines)
    return [mark for day, mark in zip(days, _DAY_MARKS, strict=True) if day in made_up]


def _is_made_up(dated: ActivityDate) -> bool:
    return any(not _MADE_UP.isdisjoint(plain(narrative.text).split()) for narrative in dated.narratives)


# An activity is folded again with each of its transactions: what its texts say is remembered, by the texts.
@lru_cache(maxsize=4096)
def _told(text: str) -> tuple[str, tuple[str, ...]]:
    """What a description tells, and its plain words; nothing of what comes late, or with every one of a kind."""
    cut = cut_boilerplate(text[:_CHARACTERS])
    return cut, tuple(plain(cut).split())


@lru_cache(maxsize=4096)
def _titles(titles: tuple[str, ...], countries: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted({normal_title(title, countries) for title in titles} - {""}))


@lru_cache(maxsize=4096)
def _codes(
    reporter: str, activity: str, others: tuple[str, ...], titles: tuple[str, ...], told: tuple[str, ...]
) -> tuple[str, ...]:
    found = [code for text in [*others, *titles, *(_told(text)[0] for text in told)] for code in codes_in(text)]
    own = activity.removeprefix(reporter).lstrip("-:/ ")
    found += codes_in(own)
    award = award_of(activity, reporter)
    kept = set(dict.fromkeys(found[:_CODES]))
    return tuple(sorted(kept | ({f"={award}"} if award is not None else set())))


@lru_cache(maxsize=4096)
def _words_and_names(titles: tuple[str, ...], told: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    texts = [_told(text) for text in told]
    cut = [cut for cut, _ in texts]
    counts = [f"{COUNT_MARK}{count}" for count in spell_counts((*titles, *cut))]
    words = _words([words for _, words in texts], [*_belonging([*titles, *cut]), *counts])
    return words, _names(titles, cut)


def _belonging(texts: Sequence[str]) -> list[str]:
    """Marks of what texts say that the work is a part of, and of its going on with another."""
    wholes = dict.fromkeys("+".join(sorted(whole)) for text in texts for whole in wholes_in(text))
    marks = [f"{PART_MARK}{whole}" for whole in islice(wholes, _WHOLES)]
    return [*marks, CONTINUATION_MARK] if any(map(continues, texts)) else marks


def _words(told: Sequence[Sequence[str]], marks: Sequence[str]) -> tuple[str, ...]:
    """Concepts of descriptions that say most, then those that come first, no places and bare numbers; `marks`."""
    named = (strip_places([word for word in words if not word.isdecimal()]) for words in told)
    concepts = list(dict.fromkeys(concept for words in named for concept in concepts_in(words)))
    kept = sorted(concepts, key=lambda concept: -weight_of(concept))[:_WORDS]
    part = any(map(_tells_a_part, told))
    return tuple(sorted([*kept, *([PART_MARK] if part else []), *marks]))


def _tells_a_part(words: Sequence[str]) -> bool:
    """Whether a description tells of one component, of which the work itself then is one; several are its own."""
    return sum(word in _PART_WORDS for word in words) == 1 and _PARTS_WORDS.isdisjoint(words)


def _names(titles: Sequence[str], told: Sequence[str]) -> tuple[str, ...]:
    in_titles = list(dict.fromkeys(name for title in titles for name in names_in(title)))
    in_texts = [name for text in told for name in names_in(text) if name not in in_titles]
    initials = dict.fromkeys(short for title in titles for short in initials_in(title))
    # A sentence may begin before the name does; three letters are the initials of many things that a text tells.
    told_initials = (part for text in told for short in initials_in(text) for part in (short, short[1:]))
    initials |= dict.fromkeys(part for part in told_initials if len(part) > _SHORT)
    names = [*(f"*{name}" for name in in_titles), *dict.fromkeys(in_texts)]
    return tuple(sorted([*names[:_NAMES], *(f"{INITIALS}{short}" for short in islice(initials, _INITIALS))]))


def _located(report: ActivityReported) -> Iterator[str]:
    return (name.text for location in report.locations for name in location.names)


@lru_cache(maxsize=4096)
def _places(names: tuple[str, ...], told: tuple[str, ...], countries: frozenset[str]) -> tuple[str, ...]:
    stated = [place for name in names for place in places_named(name, countries) if department_of(place) is not None]
    derived = [
        f"{place}?"
        for text in told
        for place in places_in(_told(text)[1], countries)
        if department_of(place) is not None and place not in stated
    ]
    return tuple(sorted(set([*dict.fromkeys(stated), *dict.fromkeys(derived)][:_PLACES])))


def _purposes(report: ActivityReported, lines: Iterable[Transaction]) -> tuple[str, ...]:
    shares = [*report.sectors, *(share for line in lines for share in line.sectors)]
    codes = {share.code for share in shares if share.vocabulary in ("1", "2") and share.code.isdecimal()}
    kept = sorted(code for code in codes if len(code) in (3, 5))[:_PURPOSES]
    return tuple(sorted({*kept, *(f"g{goal.code}" for goal in report.goals)}))


def _parties(
    report: ActivityReported, lines: Iterable[Transaction], role: str, types: frozenset[str], home: str | None
) -> Iterator[Party]:
    for organisation in report.participating_organisations:
        if organisation.role == role:
            yield reference_to(organisation, home)
    for line in lines:
        party = None
        if line.type in types:
            party = line.receiver if types is _OUTGOING else line.provider
        if party is not None:
            yield reference_to(party, home)


def _extending(report: ActivityReported, home: str | None, directory: Directory) -> Iterator[Party]:
    """Through whom others give, where that is not who reports: a government's register names them beside the givers."""
    own = frozenset(_marks([reporter_of(report, home)], directory))
    named = (
        reference_to(organisation, home)
        for organisation in report.participating_organisations
        if organisation.role == _EXTENDING
    )
    yield from (party for party in named if own.isdisjoint(_marks([party], directory)))


def _reporter(report: ActivityReported, home: str | None, directory: Directory) -> tuple[str, ...]:
    marks = _marks([reporter_of(report, home)], directory)
    known = [mark[1:] for mark in marks if mark[0] == "="]
    if known:
        governs = all(directory.kind(organisation) == ISTHMUS_GOVERNMENT for organisation in known)
    else:
        governs = report.reporter_type in _GOVERNMENTS
    return (*marks, GOVERNMENT_MARK) if governs else marks


def _marks(parties: Iterable[Party], directory: Directory) -> tuple[str, ...]:
    marks = [mark for party in dict.fromkeys(parties) for mark in sorted(marks_of(party, directory))]
    return tuple(sorted(set(list(dict.fromkeys(marks))[:_MARKS])))


def _totals(report: ActivityReported, lines: Iterable[Transaction]) -> tuple[str, ...]:
    values: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for line in lines:
        if line.type in _COUNTED:
            values[line.type, line.value.currency].append(Decimal(line.value.amount))
    for budget in report.budgets:
        values["B", budget.value.currency].append(Decimal(budget.value.amount))
    return tuple(sorted(f"{type_} {currency} {exact_sum(added):f}" for (type_, currency), added in values.items()))


def _amounts(lines: Iterable[Transaction]) -> tuple[str, ...]:
    told = {(abs(Decimal(line.value.amount)), line.value.currency) for line in lines if line.type in _COUNTED}
    largest = sorted(told, key=lambda line: (-line[0], line[1]))[:_AMOUNTS]
    return tuple(sorted(f"{currency} {amount.normalize():f}" for amount, currency in largest))
