"""How two works that are not one belong together: funds, part-of, phase-of."""

from collections.abc import Iterable
from typing import Final, Literal

from istmo_registry.domain.comparing.titles import ONE_TITLE

__all__ = [
    "ELSEWHERE",
    "EXPLAINED",
    "ONE_FLOW",
    "STATED_LINKS",
    "TOLD_LINKS",
    "LinkKind",
    "is_vague",
    "link_of",
    "may_be_linked",
]

LinkKind = Literal["funds", "part-of", "phase-of"]

TOLD_LINKS: Final = frozenset({"whole-told", "continuation-told"})
"""What a text says: it makes a link of less in common than likeness does."""
STATED_LINKS: Final = frozenset({"stated-funds", "stated-part-of"})
"""What is linked whatever else is seen."""
_SIZES: Final = frozenset(
    {"description-different", "amount-unlike", "amount-far", "number-one-sided", "title-both-differ"}
)
_TIMES: Final = frozenset({"start-far", "end-far", "dates-apart"})
EXPLAINED: Final[dict[LinkKind, frozenset[str]]] = {
    "funds": _SIZES | {"roles-funds", "contribution-one-sided", "funder-different", "implementer-different",
                       "reporter-sibling"},
    "part-of": _SIZES | {"component-one-sided", "component-titled", "component-told", "whole-told", "title-different",
                         "title-some", "additional-one-sided", "hierarchy-different", "money-apart",
                         "funder-different", "start-far", "end-far", "award-different", "reporter-same"},
    "phase-of": _SIZES | _TIMES | {"phase-different", "phase-one-sided", "continuation-told", "money-apart",
                                   "number-different", "year-different", "funder-different", "award-different",
                                   "reporter-same"},
}  # fmt: skip
"""By kind: what speaks against one work, and is what such a link is made of."""

_ALIKE: Final = ONE_TITLE | {"title-alike", "title-told"}
_AKIN: Final = _ALIKE | {"title-some", "title-hinted"}
_SMALLER: Final = frozenset({"amount-unlike", "amount-far"})
_EXACT_DATES: Final = frozenset({"start-equal", "end-equal"})
ONE_FLOW: Final = frozenset({"amount-equal", "line-shared", "lines-shared"})
"""What two accounts have in common that one flow of money is told in, but for round sums."""
_FACTS: Final = _EXACT_DATES | ONE_FLOW | {"amount-near"}
"""With any of these both tell of one thing, whatever a text says."""
_MUTUAL: Final = _FACTS | {"amount-equal-round"}
"""With any of these two that name each other tell of one flow."""
_OTHERS: Final = frozenset({"funder-different", "implementer-different"})
_ONE_HAND: Final = frozenset({"reporter-same", "funder-shared", "implementer-shared"})
_SOME_NAME: Final = frozenset({"name-in-titles", "name-in-title"})
_NAMED: Final = frozenset({"name-in-titles", "title-told"})
_MONEY: Final = frozenset({"roles-funds", "contribution-one-sided"})
ELSEWHERE: Final = frozenset(
    {"country-different", "title-country-different", "title-place-different", "place-different"}
)
"""With any of these there is no link that nobody stated."""
_COUNTRIES: Final = frozenset({"country-different", "title-country-different"})
_NEXT_PHASE: Final = frozenset({"phase-one-sided", "dates-apart"})
_LATER: Final = frozenset({"start-far", "dates-apart"})
_OTHER_GIVERS: Final = frozenset({"reporter-same", "funder-different"})
_OWN_THEMES: Final = frozenset({"reporter-same", "title-different"})
_CODES: Final = frozenset({"identifier-shared", "code-shared", "award-shared"})
_TEXTS: Final = frozenset({"description-equal", "description-alike", "texts-alike", "texts-akin"})
_LINKING: Final = STATED_LINKS | TOLD_LINKS | _AKIN | _CODES | _TEXTS | {"title-silent"}
"""Without any of these there is no link, whatever else is seen."""


def link_of(names: frozenset[str]) -> LinkKind | None:
    """The kind of link that the names of a pair's observations show.

    A stated one always counts. Others need titles that may be those of one work: a work in two phases, a component of
    a work, a funder's and an implementer's account of one flow of money.
    """
    if "stated-funds" in names:
        return "funds"
    if "stated-part-of" in names:
        return "part-of"
    if not names.isdisjoint(TOLD_LINKS) and (told := _told(names)) is not None:
        return told
    return _seen(names) if names.isdisjoint(ELSEWHERE) else None


def may_be_linked(words: Iterable[str]) -> bool:
    """Whether there may be a link, by the names of what references, codes, titles and descriptions show."""
    return not _LINKING.isdisjoint(words)


def is_vague(names: frozenset[str]) -> bool:
    """Whether nothing but sizes and what a description tells makes the link: neither roles, a phase nor a component."""
    return link_of(names - _SMALLER - {"component-told"}) is None


def _seen(names: frozenset[str]) -> LinkKind | None:
    # Works of a field have names in common: a name alone makes no link.
    akin = not names.isdisjoint(_AKIN) or ("name-in-titles" in names and "title-different" not in names)
    # Who pays and who carries out word one work each in its own way.
    if not names.isdisjoint(_MONEY) and (akin or not names.isdisjoint(_CODES | _TEXTS)):
        return "funds"
    if "roles-funds" in names and not names.isdisjoint(_MUTUAL if "roles-mutual" in names else ONE_FLOW):
        return "funds"
    if akin and names.isdisjoint(_EXACT_DATES | ONE_TITLE):
        small = not names.isdisjoint(_SMALLER)
        # One reporter's descriptions name each other's themes, and all its works have components.
        if ("component-told" in names and not names >= _OWN_THEMES) or (small and not names.isdisjoint(_NAMED)):
            return "part-of"
        if "component-titled" in names:
            return "part-of"
    return _continued(names) if names.isdisjoint(_ALIKE) else _part(names)


def _continued(names: frozenset[str]) -> LinkKind | None:
    """Who gives more to a work, or goes on with it, need not say again all that it is."""
    if names.isdisjoint(_AKIN | _TEXTS) or not _is_of_one_hand(names):
        return None
    if "additional-one-sided" in names:
        return "part-of"
    return "phase-of" if names >= _NEXT_PHASE else None


def _is_of_one_hand(names: frozenset[str]) -> bool:
    """Whether one gives or carries out both, and has more in common than some words: so have one reporter's titles."""
    if names.isdisjoint(_ONE_HAND) or not names.isdisjoint(_OTHERS):
        return False
    akin = _AKIN - {"title-some"} if "reporter-same" in names else _AKIN
    return not names.isdisjoint(akin | _SOME_NAME | _TEXTS)


def _part(names: frozenset[str]) -> LinkKind | None:
    one_title = not names.isdisjoint(ONE_TITLE)
    # One giver adds to its own work: in a register that lists the works of many, another one's is its own.
    if "additional-one-sided" in names and not names >= _OTHER_GIVERS:
        return "part-of"
    if "phase-different" in names and "title-different" not in names:
        return "phase-of"
    if "phase-one-sided" in names and not names.isdisjoint(_LATER) and "title-told" not in names:
        return "phase-of"
    if "component-one-sided" in names or ("hierarchy-different" in names and one_title):
        return "part-of"
    return None


def _told(names: frozenset[str]) -> LinkKind | None:
    """The link that a text tells of, unless countries, days or sums contradict. A part is in a place of the whole."""
    if not names.isdisjoint(_COUNTRIES | _FACTS):
        return None
    later = "continuation-told" in names and "phase-equal" not in names and names.isdisjoint(ELSEWHERE)
    if later and (not names.isdisjoint(_ALIKE) or _is_of_one_hand(names)):
        return "phase-of"
    return "part-of" if "whole-told" in names else None
