"""How much two activities look like one undertaking: log-odds added up field by field, each field explained.

After Fellegi and Sunter (1969): every observation has a committed, trained weight (`parameters.json`), and the verdict
follows from the sum. What links two works decides before it: who funds, contains or continues another is not the same.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Final, Literal, NamedTuple, TypeAlias

from istmo_registry.domain.comparing.amounts import observe_amounts, observe_own_money
from istmo_registry.domain.comparing.belonging import observe_belonging
from istmo_registry.domain.comparing.dates import observe_dates
from istmo_registry.domain.comparing.kinds import (
    EXPLAINED,
    ONE_FLOW,
    STATED_LINKS,
    TOLD_LINKS,
    LinkKind,
    is_vague,
    link_of,
    may_be_linked,
)
from istmo_registry.domain.comparing.observation import NOTHING, Observation, names_of
from istmo_registry.domain.comparing.parties import funders_of, meet, observe_parties, observe_roles, pay_each_other
from istmo_registry.domain.comparing.places import observe_places, observe_purposes, shared_towns
from istmo_registry.domain.comparing.reach import reach
from istmo_registry.domain.comparing.texts import observe_codes, observe_counts, observe_names, observe_texts
from istmo_registry.domain.comparing.titles import NO_TITLE, ONE_TITLE, Likeness, best_likeness, observe_titles
from istmo_registry.domain.features import Features
from istmo_registry.domain.parameters import Parameters
from istmo_registry.domain.prepared import Prepared

__all__ = ["CAUTION", "Comparison", "Evidence", "LinkKind", "Verdict", "compare", "observe", "weigh"]

Verdict = Literal["same", "linked", "possibly-same", "different"]

_SUPPORT: Final = ONE_TITLE | {
    "title-alike", "title-told", "title-hinted", "texts-alike", "description-equal", "description-alike",
    "name-in-titles", "name-in-title", "name-shortened", "identifier-shared", "award-shared", "code-shared",
    "stated-same-work",
}  # fmt: skip
_DOUBT: Final = frozenset({"country-different", "title-country-different", "title-place-different"}) | frozenset(
    {"phase-different", "phase-one-sided", "additional-one-sided", "component-one-sided", "stated-sibling"}
)
_ONE_AWARD: Final = frozenset({"award-shared", "identifier-shared", "stated-same-work"})
_EXACT: Final = frozenset({"start-equal", "end-equal", "amount-equal", "amount-near", "count-shared"})
"""Facts that seldom agree by chance: one of them supports a pair as well as a text does."""
_LIKE_SUMS: Final = frozenset({"amount-equal-round", "amount-near", "amount-converted"})
_BESIDE_TITLES: Final = _EXACT | {
    "name-in-titles", "name-in-title", "name-in-texts", "name-shortened", "start-near", "end-near", "amount-close",
    "amount-converted", "amount-equal-round", "town-shared",
}  # fmt: skip
"""Facts and names that speak for one work beside titles that have nothing in common."""
_HINTS: Final = frozenset(
    {"title-some", "names-in-texts", "texts-akin", "line-shared", "lines-shared", "town-shared", "town-shared-derived"}
)
"""What makes a question worth asking, though no answer."""
_JOINING: Final = (
    _SUPPORT | _HINTS | {"whole-told", "stated-funds", "stated-part-of", "stated-sibling", "stated-co-funded"}
)
"""Without any of these, a fact in common or like titles, two works have nothing to do with each other."""
CAUTION: Final = "caution"
"""The evidence that takes off what a pair scores beyond what it may: no observation of its own."""
_LEAST: Final = Decimal("0.0001")
_Details: TypeAlias = dict[str, list[Observation]]
_ONE_REPORTER: Final = Observation("reporter-same")
_TWO_REPORTERS: Final = Observation("reporter-other")
_SHOWN: Final = ("titles", "names", "places", "purposes", "dates", "parties", "money", "roles")
"""The order in which evidence of one weight is shown."""


class Evidence(NamedTuple):
    """How one observation weighs for or against two activities being the same, and what its sentence tells."""

    observation: str
    weight: Decimal
    told: Mapping[str, object] = NOTHING


@dataclass(frozen=True, slots=True)
class Comparison:
    """A pair's score (log-odds, four decimals), its verdict, the kind of a linked one, and why."""

    score: Decimal
    verdict: Verdict
    kind: LinkKind | None
    evidence: tuple[Evidence, ...]


_DIFFERENT: Final = Comparison(Decimal("0.0000"), "different", None, ())


def compare(a: Features, b: Features, parameters: Parameters) -> Comparison:
    """Compare two different activities; the order of `a` and `b` does not matter.

    A stated `funds` or `part-of` that resolves is always linked. Without a text or a code that speaks for it, with a
    phase or a component on one side alone, and where one pays what the other receives, a pair is at most a question,
    whatever it scores: what is taken off is shown. A pair whose verdict is `different` carries no evidence, and a score
    of 0: nobody is told of it.

    Most pairs are different: they are left as soon as nothing that is still to be seen could change that.
    """
    if b.activity < a.activity:
        a, b = b, a
    one_reporter = _have_one_reporter(a, b)
    likeness = best_likeness(a.prepared, b.prepared)
    seen = _in_words(a, b, likeness, one_reporter=one_reporter)
    if not seen:
        return _DIFFERENT
    words = [likeness.name, *names_of(seen)]
    linkable = may_be_linked(words) or (not one_reporter and _may_be_one_flow(a.prepared, b.prepared))
    by = reach(parameters, one_reporter)
    details = _look_first(a, b, words, one_reporter=one_reporter)
    if by.is_lost([*words, *names_of(chain.from_iterable(details.values()))], linkable=linkable):
        return _DIFFERENT
    details |= _look_on(a, b, likeness, one_reporter=one_reporter)
    return weigh(_in_order(seen, likeness, details), parameters, one_reporter=one_reporter)


def weigh(seen: Sequence[Observation], parameters: Parameters, *, one_reporter: bool) -> Comparison:
    """What follows from all that `observe` saw of a pair."""
    if not seen:
        return _DIFFERENT
    names = frozenset(names_of(seen))
    by = parameters.of_pairs(one_reporter=one_reporter)
    weights, same_line = by.weights, by.same_line
    score = sum([weights[name] for name in names], Decimal(0))
    kind = link_of(names)
    if kind is not None and names.isdisjoint(STATED_LINKS):
        # A link that nobody stated holds only if but for what tells the two apart they may be one.
        likely = score - sum((min(weights[name], Decimal(0)) for name in names & EXPLAINED[kind]), Decimal(0))
        kind = kind if likely >= (parameters.link_line if names.isdisjoint(TOLD_LINKS) else by.told_link_line) else None
        # That one is smaller says little against works that are likely one by all else.
        likely_one = (same_line if one_reporter else parameters.mutual_line) + parameters.mutual_gap
        if kind is not None and score >= likely_one and is_vague(names):
            kind = None
    if kind is None and (score < by.possible_line or (score < parameters.mutual_line and _is_unfounded(names))):
        return _DIFFERENT
    score = score.quantize(_LEAST)
    evidence = [Evidence(name, weights[name], told) for name, told in seen]
    held = kind is None and score >= same_line and _is_untold(names)
    if (
        kind is None
        and score >= parameters.mutual_line
        and _is_no_answer(names, score, parameters, certain=score >= same_line)
    ):
        taken_off = parameters.mutual_line - _LEAST - score
        score += taken_off
        evidence.append(Evidence(CAUTION, taken_off))
    elif held:
        # Its score is left: of several such the likeliest may be each other's best.
        evidence.append(Evidence(CAUTION, Decimal(0)))
    # What speaks for it most comes first: that is what a person reads.
    evidence.sort(key=lambda one: -one.weight)
    if kind is not None:
        return Comparison(score, "linked", kind, tuple(evidence))
    is_answer = score >= same_line and not held
    return Comparison(score, "same" if is_answer else "possibly-same", None, tuple(evidence))


def _is_untold(names: frozenset[str]) -> bool:
    """Whether no text speaks for a pair: a giver begins many works on one day. Each may be the other's best."""
    return names.isdisjoint(_SUPPORT | ONE_FLOW)


def _is_no_answer(names: frozenset[str], score: Decimal, parameters: Parameters, *, certain: bool) -> bool:
    """Whether a pair is a question and no more, also where each is the other's best. `certain`: it reaches its line."""
    likely = score >= parameters.mutual_line + parameters.mutual_gap
    # Two agencies of one government tell of one institution's many works: being alone alike there says little.
    siblings = "reporter-sibling" in names and (_is_untold(names) or not certain)
    # Works of one field have texts in common: that each is the other's best says little of unlike titles alone.
    unlike = "title-different" in names and not likely and names.isdisjoint(_BESIDE_TITLES)
    return siblings or unlike or _is_doubtful(names, likely=likely, certain=certain)


def _is_unfounded(names: frozenset[str]) -> bool:
    """Whether nothing but a country, a purpose and some year speaks for a pair: there are thousands of such."""
    hints = names & _HINTS
    if names >= {"title-both-differ", "reporter-same"}:
        # Titles of one reporter share a word or two, and each goes on to tell of its own work.
        hints -= {"title-some"}
    return not hints and names.isdisjoint(_SUPPORT | _EXACT) and not _is_one_givers_sum(names)


def _is_one_givers_sum(names: frozenset[str]) -> bool:
    return "funder-shared" in names and not names.isdisjoint(_LIKE_SUMS)


def _is_doubtful(names: frozenset[str], *, likely: bool, certain: bool) -> bool:
    within = "reporter-same" in names
    doubt = names & _DOUBT
    # Another one's title may well leave out of which phase or part it tells: all else shows it, or days or sums.
    if certain and not within:
        doubt -= {"phase-one-sided", "component-one-sided"}
    elif likely and not within and names & _EXACT:
        doubt -= {"phase-one-sided"}
    if doubt:
        return True
    # One tells of the other's money from the receiving end: two accounts, even where no title says of what.
    if "roles-funds" in names or ("dates-apart" in names and not within):
        return True
    # Who gives beside another has a work of its own, unless a fact that seldom agrees by chance shows one.
    if "funder-different" in names and not within and names.isdisjoint(_EXACT):
        return True
    # Two accounts of one reporter, each complete in itself, are two works of one title unless they share an award.
    if "money-apart" in names and (names.isdisjoint(_ONE_AWARD) or "title-both-differ" in names):
        return True
    # One reporter begins many works on one day, and ends them on one. What two agree on otherwise is no chance.
    return within and names.isdisjoint(_SUPPORT)


def observe(a: Features, b: Features) -> list[Observation]:
    """All that is seen of a pair, each observation once; nothing where neither text, code nor reference joins them."""
    one_reporter = _have_one_reporter(a, b)
    likeness = best_likeness(a.prepared, b.prepared)
    seen = _in_words(a, b, likeness, one_reporter=one_reporter)
    if not seen:
        return []
    details = _look_first(a, b, [likeness.name, *names_of(seen)], one_reporter=one_reporter)
    details |= _look_on(a, b, likeness, one_reporter=one_reporter)
    return _in_order(seen, likeness, details)


def _have_one_reporter(a: Features, b: Features) -> bool:
    return a.activity.reporter == b.activity.reporter


def _in_words(a: Features, b: Features, likeness: Likeness, *, one_reporter: bool) -> list[Observation]:
    """What references, codes and texts show; nothing where that, and what facts the two share, joins them in no way."""
    ours, theirs = a.prepared, b.prepared
    seen = [_ONE_REPORTER if one_reporter else _TWO_REPORTERS]
    if a.references or b.references:
        kinds = a.refers_to(b.activity) | b.refers_to(a.activity)
        seen += [Observation(f"stated-{kind}") for kind in sorted(kinds)]
    seen += observe_codes(ours, theirs, one_reporter=one_reporter)
    seen += observe_texts(ours, theirs, likeness.name, one_reporter=one_reporter)
    seen += observe_belonging(ours, theirs, likeness.name)
    if likeness.name not in NO_TITLE or not _JOINING.isdisjoint(names_of(seen)) or _share_facts(ours, theirs):
        return seen
    return seen if not one_reporter and _share_ground(ours, theirs) else []


def _share_facts(a: Prepared, b: Prepared) -> bool:
    """Whether two works have a day, a sum or a name in common."""
    return (
        a.starts == b.starts is not None
        or a.ends == b.ends is not None
        or not a.sums.isdisjoint(b.sums)
        or not (a.names.isdisjoint(b.names) and a.names.isdisjoint(b.initials) and b.names.isdisjoint(a.initials))
    )


def _share_ground(a: Prepared, b: Prepared) -> bool:
    """Whether the works of two reporters are in one town, or one giver gives them like sums."""
    if shared_towns(a, b):
        return True
    one_giver = meet(funders_of(a), funders_of(b)) is True
    return one_giver and not _LIKE_SUMS.isdisjoint(names_of(observe_amounts(a, b)))


def _may_be_one_flow(a: Prepared, b: Prepared) -> bool:
    return not a.sums.isdisjoint(b.sums) or pay_each_other(a, b)


def _look_first(a: Features, b: Features, words: Collection[str], *, one_reporter: bool) -> _Details:
    """What is seen quickly and tells most pairs apart."""
    ours, theirs = a.prepared, b.prepared
    # An award of one title may well be told purpose by purpose.
    is_split = "award-shared" in words and not ONE_TITLE.isdisjoint(words)
    return {
        "places": [*observe_places(ours, theirs)],
        "dates": [*observe_dates(ours, theirs, one_reporter=one_reporter)],
        "names": [*observe_names(ours, theirs), *observe_counts(ours, theirs)],
        "purposes": [] if is_split else [*observe_purposes(ours, theirs)],
        "money": [*(observe_own_money(ours, theirs) if one_reporter else observe_amounts(ours, theirs))],
    }


def _look_on(a: Features, b: Features, likeness: Likeness, *, one_reporter: bool) -> _Details:
    ours, theirs = a.prepared, b.prepared
    return {
        "parties": [*observe_parties(ours, theirs, one_reporter=one_reporter)],
        "titles": [*observe_titles(ours, theirs, likeness)],
        "roles": [*(_observe_hierarchy(a, b) if one_reporter else observe_roles(ours, theirs))],
    }


def _in_order(seen: list[Observation], likeness: Likeness, details: _Details) -> list[Observation]:
    return [*seen, Observation(likeness.name), *chain.from_iterable(map(details.__getitem__, _SHOWN))]


def _observe_hierarchy(a: Features, b: Features) -> Iterator[Observation]:
    if a.hierarchy and b.hierarchy and a.hierarchy != b.hierarchy:
        yield Observation("hierarchy-different")
