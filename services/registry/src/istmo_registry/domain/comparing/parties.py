"""Organisations by role, and whether one reporter pays the other."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from istmo_registry.domain.comparing.observation import Observation
from istmo_registry.domain.prepared import Parties, Prepared

__all__ = ["funders_of", "meet", "observe_parties", "observe_roles", "pay_each_other"]

_ONE_NAME: Final = 0.7
_GIVE_APART: Final = frozenset({"us-government"})
"""Governments whose departments and agencies give each on its own account."""


@lru_cache(maxsize=16384)
def meet(a: Parties, b: Parties) -> bool | None:
    """Whether two parties are one organisation, or one is above the other; None where nobody can say.

    Kept for a while: the same few organisations meet in most pairs.
    """
    if not a or not b:
        return None
    if not a.known.isdisjoint(b.known | b.above) or not b.known.isdisjoint(a.above):
        return True
    if not a.identifiers.isdisjoint(b.identifiers):
        return True
    if a.known and b.known:
        return False
    likeness = max((len(one & two) / len(one | two) for one in a.names for two in b.names), default=0.0)
    # Names that nobody knows may be of two languages: they never show that two are different.
    return True if likeness >= _ONE_NAME else None


def funders_of(work: Prepared) -> Parties:
    """The named funders; the reporter itself where it names none and tells of paying, not of receiving."""
    pays = any(sums.commits > 0 or sums.pays > 0 for sums in work.money.values())
    return work.reporter if pays and not work.funders and not work.receives else work.funders


def observe_parties(a: Prepared, b: Prepared, *, one_reporter: bool) -> Iterator[Observation]:
    """Shared and different funders and implementers."""
    if not one_reporter:
        siblings = _are_siblings(a.reporter, b.reporter)
        if siblings:
            yield Observation("reporter-sibling")
        else:
            # The government above two of its agencies funds whatever they do.
            yield from _funding(a, b)
    elif meet(a.funders, b.funders) is False:
        yield Observation("funder-different")
    if meet(a.implementers, b.implementers):
        yield Observation("implementer-shared")
    elif _differ(a.implementers, b.implementers):
        yield Observation("implementer-different")


def _funding(a: Prepared, b: Prepared) -> Iterator[Observation]:
    """Shared funders, or none of them known to the other side in whatever role; a reporter whom the other names."""
    funders, others = funders_of(a), funders_of(b)
    shared = meet(funders, others)
    if shared:
        yield Observation("funder-shared")
    named = any(meet(party, b.reporter) for party in (a.funders, a.implementers)) or any(
        meet(party, a.reporter) for party in (b.funders, b.implementers)
    )
    if named:
        yield Observation("reporter-named")
    elif shared is False and a.funders and b.funders and not (_give_together(a.funders, b.funders) or _passes_on(a, b)):
        # Who names no funder may pay out what a giver gave: only two that are named differ.
        yield Observation("funder-different")


def _give_together(a: Parties, b: Parties) -> bool:
    """Whether two funders are a ministry and its bank or agency, which are named for each other."""
    return not a.governments & b.governments <= _GIVE_APART


def _passes_on(a: Prepared, b: Prepared) -> bool:
    """Whether who carries one of them out is who gives for the other."""
    return meet(a.implementers, b.funders) is True or meet(b.implementers, a.funders) is True


def _differ(a: Parties, b: Parties) -> bool:
    """Whether two implementers show two works: a ministry, and the contractor who works for it, do not."""
    on_two_sides = a.governments.isdisjoint(b.governments) and bool(a.governments | b.governments)
    return meet(a, b) is False and not on_two_sides


def _are_siblings(a: Parties, b: Parties) -> bool:
    """Whether two reporters are different agencies of one government."""
    return not a.governments.isdisjoint(b.governments) and meet(a, b) is False


def observe_roles(a: Prepared, b: Prepared) -> Iterator[Observation]:
    """Whether one tells of the other's money from the receiving end: an implementer's record is not its funder's."""
    if _implements(a, b) or _implements(b, a):
        yield Observation("roles-funds")
        if pay_each_other(a, b):
            yield Observation("roles-mutual")


def pay_each_other(a: Prepared, b: Prepared) -> bool:
    """Whether one names the other's reporter as who carries it out, and that one the first as who pays."""
    return _is_paid_by(a, b) or _is_paid_by(b, a)


def _is_paid_by(doer: Prepared, payer: Prepared) -> bool:
    return not (
        payer.implementers.known.isdisjoint(doer.reporter.known) or doer.funders.known.isdisjoint(payer.reporter.known)
    )


def _implements(doer: Prepared, payer: Prepared) -> bool:
    """Whether `doer` is its reporter's own account of money that comes from `payer`'s side."""
    if meet(doer.reporter, payer.reporter) is True or _is_listed(doer, payer):
        return False
    funded_by = meet(doer.funders, payer.reporter) is True
    pays_it = meet(payer.implementers, doer.reporter) is True
    if _commits_for_others(doer):
        # So do others; but whom the giver names, and who names nobody that carries it out, does so itself.
        return funded_by and pays_it and not doer.implementers and not payer.receives
    if doer.receives and (funded_by or not payer.receives):
        # Whom it names may well pass on what somebody else gives. Who tells of no money does not tell of the same money
        # from the other end.
        return funded_by or (bool(payer.money) and (pays_it or meet(doer.funders, funders_of(payer)) is True))
    by_itself = not _differ(doer.implementers, doer.reporter)
    # Who is named as the giver tells of its own work, whoever lists it as the one who carries it out.
    gives = meet(payer.funders, doer.reporter) is True or meet(doer.funders, doer.reporter) is True
    return pays_it and by_itself and not gives and bool(doer.implementers) and not payer.receives


def _is_listed(doer: Prepared, payer: Prepared) -> bool:
    """Whether a government lists what is given to it: that is the giver's own work, told a second time.

    So it is where the giver receives others' money for it.
    """
    return doer.is_government or (payer.is_government and meet(payer.funders, doer.reporter) is True)


def _commits_for_others(work: Prepared) -> bool:
    """Whether it is an entry of a register: its reporter tells what others commit, and receives nothing of it."""
    commits = any(sums.commits > 0 for sums in work.money.values())
    return commits and not work.receives and meet(work.funders, work.reporter) is False
