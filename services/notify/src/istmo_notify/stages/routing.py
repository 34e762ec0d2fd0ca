"""The directory that decides who is told what, kept in notify's tables: it changes with what follows from it."""

from collections.abc import Iterable

from istmo_common.partners import PartnerDirectory, PartnerRecord

__all__ = ["Touched", "directory_of", "join", "touched_by"]

Touched = frozenset[str] | None
"""Organisations for which it may have changed who looks after them; None is all of them."""


def directory_of(records: Iterable[PartnerRecord]) -> PartnerDirectory:
    """The directory of these partners."""
    directory = PartnerDirectory()
    for record in records:
        directory.hold(record)
    return directory


def touched_by(before: PartnerRecord | None, after: PartnerRecord | None) -> Touched:
    """What the change of one partner touches."""
    if _unclaimed(before) != _unclaimed(after):
        return None
    # Owning and looking after are told apart: who comes to own what it looked after becomes its only recipient.
    return (_owned(before) ^ _owned(after)) | (_looked_after(before) ^ _looked_after(after))


def join(one: Touched, other: Touched) -> Touched:
    """What either touches."""
    return None if one is None or other is None else one | other


def _unclaimed(record: PartnerRecord | None) -> tuple[bool, bool]:
    """Whether the partner looks after all that nobody claimed, and whether it is told of it."""
    catches = record is not None and record.custodian_of == "unclaimed"
    return catches, catches and record is not None and record.steward


def _owned(record: PartnerRecord | None) -> frozenset[str]:
    return frozenset() if record is None else frozenset(record.owns)


def _looked_after(record: PartnerRecord | None) -> frozenset[str]:
    if record is None or record.custodian_of == "unclaimed":
        return frozenset()
    return frozenset(record.custodian_of)
