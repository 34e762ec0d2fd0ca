"""Features taken apart once, so that each of the many comparisons is cheap."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple, Protocol, Self

from istmo_registry.domain.gazetteer import department_of
from istmo_registry.domain.text import TitleParts, title_parts
from istmo_registry.domain.words import KNOWN_WEIGHT, is_special, weight_of

__all__ = ["INITIALS", "PART_MARK", "Day", "Money", "Parties", "Prepared"]


PART_MARK: Final = "&"
"""Among the words of descriptions: one says that the work is a component, a lot, a module."""


INITIALS: Final = "~"
"""Before what a name is not itself but may be shortened to."""

_QUARTERS: Final = frozenset({1, 4, 7, 10})


class Day(NamedTuple):
    """A day on which a work starts or ends: its proleptic ordinal, whether many works do so on such a day, and ISO."""

    number: int
    is_round: bool
    spelled: str

    @classmethod
    def of(cls, day: date | None, *, ends: bool) -> Self | None:
        """A year, a quarter or a fiscal year begins on it, or ends."""
        if day is None:
            return None
        begins = day + timedelta(days=1) if ends else day
        return cls(day.toordinal(), begins.day == 1 and begins.month in _QUARTERS, day.isoformat())


class Money(NamedTuple):
    """Sums of one currency: what it commits, what it pays and spends, what it receives, and its budget.

    `told`: those that say how large the work is, sorted.
    """

    commits: float
    pays: float
    receives: float
    budgets: float
    told: tuple[float, ...]

    @classmethod
    def of(cls, commits: float, pays: float, receives: float, budgets: float) -> Self:
        """From the four sums."""
        told = tuple(sorted({sum_ for sum_ in (commits, pays, receives, budgets) if sum_ > 0}))
        return cls(commits, pays, receives, budgets, told)


class Parties(NamedTuple):
    """Who is meant, in one role: ids of the directory, ids above these, unknown identifiers, and names as concepts."""

    known: frozenset[str]
    above: frozenset[str]
    identifiers: frozenset[str]
    names: tuple[frozenset[str], ...]

    @classmethod
    @lru_cache(maxsize=4096)
    def of(cls, marks: tuple[str, ...]) -> Self:
        """From `marks.marks_of`; the same few come again and again."""
        return cls(
            known=frozenset(mark[1:] for mark in marks if mark[0] == "="),
            above=frozenset(mark[1:] for mark in marks if mark[0] == "^"),
            identifiers=frozenset(mark[1:] for mark in marks if mark[0] == "!"),
            names=tuple(frozenset(mark[1:].split()) for mark in marks if mark[0] == "~"),
        )

    def __bool__(self) -> bool:
        return bool(self.known or self.identifiers or self.names)


class Columns(Protocol):
    """The columns of `features.Features` that a comparison reads."""

    @property
    def titles(self) -> Sequence[str]: ...
    @property
    def identifiers(self) -> Sequence[str]: ...
    @property
    def codes(self) -> Sequence[str]: ...
    @property
    def words(self) -> Sequence[str]: ...
    @property
    def names(self) -> Sequence[str]: ...
    @property
    def countries(self) -> Sequence[str]: ...
    @property
    def places(self) -> Sequence[str]: ...
    @property
    def purposes(self) -> Sequence[str]: ...
    @property
    def reporters(self) -> tuple[str, ...]: ...
    @property
    def funders(self) -> tuple[str, ...]: ...
    @property
    def implementers(self) -> tuple[str, ...]: ...
    @property
    def totals(self) -> Sequence[str]: ...
    @property
    def amounts(self) -> Sequence[str]: ...
    @property
    def starts(self) -> date | None: ...
    @property
    def ends(self) -> date | None: ...


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a comparison reads.

    `places` are those stated and those that texts tell, `derived` the latter alone. `beyond`: the words of descriptions
    that no title of the same activity has; `telling`: whatever titles and descriptions tell but for common terms.
    """

    titles: tuple[TitleParts, ...]
    concepts: frozenset[str]
    title_terms: frozenset[str]
    phases: frozenset[str]
    years: frozenset[str]
    components: bool
    told_part: bool
    title_countries: frozenset[str]
    title_towns: frozenset[str]
    words: frozenset[str]
    beyond: frozenset[str]
    beyond_weight: float
    telling: frozenset[str]
    telling_weight: float
    names: frozenset[str]
    title_names: frozenset[str]
    initials: frozenset[str]
    award: frozenset[str]
    codes: frozenset[str]
    places: frozenset[str]
    departments: frozenset[str]
    derived: frozenset[str]
    countries: frozenset[str]
    purposes: frozenset[str]
    sectors: frozenset[str]
    goals: frozenset[str]
    reporter: Parties
    funders: Parties
    implementers: Parties
    money: dict[str, Money]
    amounts: frozenset[str]
    sums: frozenset[str]
    identifiers: frozenset[str]
    receives: bool
    starts: Day | None
    ends: Day | None

    @classmethod
    def of(cls, work: Columns) -> Self:
        """From the columns of `features.Features`."""
        parts = tuple(title_parts(title) for title in work.titles)
        in_titles = {place for title in parts for place in title.places}
        stated = frozenset(place for place in work.places if not place.endswith("?"))
        derived = frozenset(place[:-1] for place in work.places if place.endswith("?"))
        derived |= {place for place in in_titles if department_of(place) is not None}
        everywhere = stated | derived
        reporter, funders, implementers = (
            Parties.of(marks) for marks in (work.reporters, work.funders, work.implementers)
        )
        money = _money(work.totals)
        words = frozenset(work.words) - {PART_MARK}
        concepts = frozenset(concept for title in parts for concept in title.concepts)
        telling = frozenset(concept for concept in concepts | words if weight_of(concept) >= KNOWN_WEIGHT)
        return cls(
            titles=parts,
            concepts=concepts,
            title_terms=frozenset(concept for concept in concepts if is_special(concept)),
            phases=frozenset(phase for title in parts for phase in title.phases),
            years=frozenset(year for title in parts for year in title.years),
            components=any(title.component for title in parts),
            told_part=PART_MARK in work.words,
            title_countries=frozenset(place[:2] for place in in_titles),
            title_towns=frozenset(place for place in in_titles if department_of(place) is not None),
            words=words,
            beyond=words - concepts,
            beyond_weight=sum(map(weight_of, words - concepts)),
            telling=telling,
            telling_weight=sum(map(weight_of, telling)),
            names=frozenset(name.removeprefix("*") for name in work.names if name[0] != INITIALS),
            title_names=frozenset(name[1:] for name in work.names if name[0] == "*"),
            initials=frozenset(name[1:] for name in work.names if name[0] == INITIALS),
            award=frozenset(code[1:] for code in work.codes if code[0] == "="),
            codes=frozenset(code.removeprefix("=") for code in work.codes),
            places=everywhere,
            departments=frozenset(known for place in everywhere if (known := department_of(place)) is not None),
            derived=derived - stated,
            countries=frozenset(work.countries),
            purposes=frozenset(code for code in work.purposes if len(code) == 5),
            sectors=frozenset(code[:3] for code in work.purposes if code[0] != "g"),
            goals=frozenset(code for code in work.purposes if code[0] == "g"),
            reporter=reporter,
            funders=funders,
            implementers=implementers,
            money=money,
            amounts=frozenset(work.amounts),
            sums=frozenset(work.amounts) | {_plain_sum(total) for total in work.totals},
            identifiers=frozenset(work.identifiers),
            receives=any(sums.receives > 0 for sums in money.values()),
            starts=Day.of(work.starts, ends=False),
            ends=Day.of(work.ends, ends=True),
        )


def _plain_sum(total: str) -> str:
    """`2 USD 1500.00` as `USD 1500`, as lines spell their amounts."""
    _, currency, amount = total.split()
    return f"{currency} {amount.rstrip('0').rstrip('.') if '.' in amount else amount}"


def _money(totals: Sequence[str]) -> dict[str, Money]:
    sums: dict[str, dict[str, float]] = {}
    for total in totals:
        type_, currency, amount = total.split()
        sums.setdefault(currency, {})[type_] = float(amount)
    return {
        currency: Money.of(
            commits=of.get("2", 0.0),
            pays=of.get("3", 0.0) + of.get("4", 0.0),
            receives=of.get("1", 0.0) + of.get("11", 0.0),
            budgets=of.get("B", 0.0),
        )
        for currency, of in sums.items()
    }
