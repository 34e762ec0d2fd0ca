"""Features taken apart once, so that each of the many comparisons is cheap."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple, Protocol, Self

from istmo_registry.domain.counts import Counts, parse_counts
from istmo_registry.domain.gazetteer import department_of
from istmo_registry.domain.text import TitleParts, title_parts
from istmo_registry.domain.words import COMMON, weight_of

__all__ = [
    "CONTINUATION_MARK",
    "COUNT_MARK",
    "ENDS_MADE_UP",
    "GOVERNMENT_MARK",
    "INITIALS",
    "PART_MARK",
    "STARTS_MADE_UP",
    "Day",
    "Money",
    "Parties",
    "Prepared",
]


GOVERNMENT_MARK: Final = "$"
"""Among what a reporter is compared by: it is a government of the isthmus, or a body of one."""
PART_MARK: Final = "&"
"""Among the words of descriptions: one says that the work is a component, a lot, a module. With `a+b` behind it: what a
text says that the work is a part of, as concepts."""
CONTINUATION_MARK: Final = ">"
"""Among the words of descriptions: a text says that the work goes on with an earlier one."""
COUNT_MARK: Final = "#"
"""Among the words of descriptions: before what titles and descriptions count (`counts.spell_counts`)."""
STARTS_MADE_UP: Final = "@starts"
ENDS_MADE_UP: Final = "@ends"
"""Among the words of descriptions: who reports does not know the day, and made it up from payments."""
_MARKS: Final = (PART_MARK, CONTINUATION_MARK, COUNT_MARK, STARTS_MADE_UP[0])


INITIALS: Final = "~"
"""Before what a name is not itself but may be shortened to."""

_QUARTERS: Final = frozenset({1, 4, 7, 10})


class Day(NamedTuple):
    """A day on which a work starts or ends: its proleptic ordinal, whether many works do so on such a day, and ISO.

    `is_made_up`: who reports does not know it, and took that of a payment.
    """

    number: int
    is_round: bool
    spelled: str
    is_made_up: bool

    @classmethod
    @lru_cache(maxsize=4096)
    def of(cls, day: date | None, *, ends: bool, is_made_up: bool) -> Self | None:
        """A year, a quarter or a fiscal year begins on it, or ends."""
        if day is None:
            return None
        begins = day + timedelta(days=1) if ends else day
        return cls(day.toordinal(), begins.day == 1 and begins.month in _QUARTERS, day.isoformat(), is_made_up)


class Money(NamedTuple):
    """Sums of one currency: what it commits, what it pays and spends, what it was promised and receives, its budget.

    `told`: those that say how large the work is, sorted.
    """

    commits: float
    pays: float
    promised: float
    receives: float
    budgets: float
    told: tuple[float, ...]

    @classmethod
    def of(cls, commits: float, pays: float, promised: float, receives: float, budgets: float) -> Self:
        """From the five sums."""
        told = tuple(sorted({sum_ for sum_ in (commits, pays, promised, receives, budgets) if sum_ > 0}))
        return cls(commits, pays, promised, receives, budgets, told)


class Parties(NamedTuple):
    """Who is meant, in one role: ids of the directory, ids above these, unknown identifiers, and names as concepts.

    `governments`: those above that govern.
    """

    known: frozenset[str]
    above: frozenset[str]
    governments: frozenset[str]
    identifiers: frozenset[str]
    names: tuple[frozenset[str], ...]

    @classmethod
    @lru_cache(maxsize=4096)
    def of(cls, marks: tuple[str, ...]) -> Self:
        """From `marks.marks_of`; the same few come again and again."""
        return cls(
            known=frozenset(mark[1:] for mark in marks if mark[0] == "="),
            above=frozenset(mark[1:] for mark in marks if mark[0] == "^"),
            governments=frozenset(mark[1:] for mark in marks if mark[0] == "%"),
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


class Places(NamedTuple):
    """Where a work is: `places` are those stated and those that texts tell, `derived` the latter alone."""

    places: frozenset[str]
    departments: frozenset[str]
    derived: frozenset[str]

    @classmethod
    @lru_cache(maxsize=4096)
    def of(cls, marked: tuple[str, ...], titled: frozenset[str]) -> Self:
        """From the codes of a work, with `?` where a text tells them, and the towns and departments of its titles."""
        stated = frozenset([place for place in marked if place[-1] != "?"])
        derived = titled.union([place[:-1] for place in marked if place[-1] == "?"])
        everywhere = stated | derived
        departments = frozenset([known for place in everywhere if (known := department_of(place)) is not None])
        return cls(everywhere, departments, derived - stated)


class Purposes(NamedTuple):
    """What a work is for: purposes, the sectors of all its codes, and goals."""

    purposes: frozenset[str]
    sectors: frozenset[str]
    goals: frozenset[str]

    @classmethod
    @lru_cache(maxsize=4096)
    def of(cls, codes: tuple[str, ...]) -> Self:
        """From DAC codes, and goals as `g2`."""
        return cls(
            frozenset([code for code in codes if len(code) == 5]),
            frozenset([code[:3] for code in codes if code[0] != "g"]),
            frozenset([code for code in codes if code[0] == "g"]),
        )


class Prepared(NamedTuple):
    """What a comparison reads. Many are held, so that works share what few of them have to themselves.

    `beginnings`: those of all words of titles. `first`: the first title that says something. `beyond`: the words of
    descriptions that no title of the same activity has; `telling`: whatever titles and descriptions tell but for common
    terms.
    """

    titles: tuple[TitleParts, ...]
    concepts: frozenset[str]
    beginnings: frozenset[str]
    first: TitleParts | None
    title_terms: frozenset[str]
    phases: frozenset[str]
    years: frozenset[str]
    components: bool
    told_part: bool
    wholes: frozenset[frozenset[str]]
    continues: bool
    counts: Counts
    title_countries: frozenset[str]
    title_towns: frozenset[str]
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
    is_government: bool
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
        parts = tuple([title_parts(title) for title in work.titles])
        concepts = _union([title.concepts for title in parts])
        title_towns = _union([title.towns for title in parts])
        beyond = frozenset([word for word in work.words if word[0] not in _MARKS]) - concepts
        telling = (concepts | beyond) - COMMON
        everywhere = Places.of(tuple(work.places), title_towns)
        purposes = Purposes.of(tuple(work.purposes))
        totals = [total.split() for total in work.totals]
        money = _money(totals)
        amounts = frozenset(work.amounts)
        return cls(
            titles=parts,
            concepts=concepts,
            beginnings=_union([frozenset(title.begun) for title in parts]),
            first=next((title for title in parts if title.weight), None),
            title_terms=_union([title.terms for title in parts]),
            phases=_union([title.phases for title in parts]),
            years=_union([title.years for title in parts]),
            components=any(title.component for title in parts),
            told_part=PART_MARK in work.words,
            wholes=frozenset([frozenset(word[1:].split("+")) for word in work.words if word[0] == PART_MARK != word]),
            continues=CONTINUATION_MARK in work.words,
            counts=parse_counts([word[1:] for word in work.words if word[0] == COUNT_MARK]),
            title_countries=_union([title.countries for title in parts]),
            title_towns=title_towns,
            beyond=beyond,
            beyond_weight=sum(map(weight_of, beyond)),
            telling=telling,
            telling_weight=sum(map(weight_of, telling)),
            names=frozenset([name.removeprefix("*") for name in work.names if name[0] != INITIALS]),
            title_names=_marked(work.names, "*"),
            initials=_marked(work.names, INITIALS),
            award=_marked(work.codes, "="),
            codes=frozenset([code.removeprefix("=") for code in work.codes]),
            places=everywhere.places,
            departments=everywhere.departments,
            derived=everywhere.derived,
            countries=_shared(tuple(work.countries)),
            purposes=purposes.purposes,
            sectors=purposes.sectors,
            goals=purposes.goals,
            reporter=Parties.of(work.reporters),
            is_government=GOVERNMENT_MARK in work.reporters,
            funders=Parties.of(work.funders),
            implementers=Parties.of(work.implementers),
            money=money,
            amounts=amounts,
            sums=amounts.union([_plain_sum(currency, amount) for _, currency, amount in totals]),
            identifiers=frozenset(work.identifiers),
            receives=any(sums.promised > 0 or sums.receives > 0 for sums in money.values()),
            starts=Day.of(work.starts, ends=False, is_made_up=STARTS_MADE_UP in work.words),
            ends=Day.of(work.ends, ends=True, is_made_up=ENDS_MADE_UP in work.words),
        )


def _union(sets: Sequence[frozenset[str]]) -> frozenset[str]:
    """All of them together; most works have one title, and its sets are theirs."""
    return sets[0] if len(sets) == 1 else frozenset[str]().union(*sets)


def _marked(marked: Sequence[str], mark: str) -> frozenset[str]:
    return frozenset([one[1:] for one in marked if one[0] == mark])


@lru_cache(maxsize=4096)
def _shared(few: tuple[str, ...]) -> frozenset[str]:
    """A set that many works have."""
    return frozenset(few)


def _plain_sum(currency: str, amount: str) -> str:
    """`USD`, `1500.00` as `USD 1500`, as lines spell their amounts."""
    return f"{currency} {amount.rstrip('0').rstrip('.') if '.' in amount else amount}"


def _money(totals: Iterable[Sequence[str]]) -> dict[str, Money]:
    """By currency; of each total its type, currency and amount."""
    sums: dict[str, dict[str, float]] = {}
    for type_, currency, amount in totals:
        sums.setdefault(currency, {})[type_] = float(amount)
    return {
        currency: Money.of(
            commits=of.get("2", 0.0),
            pays=of.get("3", 0.0) + of.get("4", 0.0),
            promised=of.get("11", 0.0),
            receives=of.get("1", 0.0),
            budgets=of.get("B", 0.0),
        )
        for currency, of in sums.items()
    }
