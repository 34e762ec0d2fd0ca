"""Whom a report names, in which role and how often: what the directory is asked about."""

from collections import Counter
from collections.abc import Iterable, Iterator

from istmo_common.canonical import canonical_report
from istmo_common.events.activities import ActivityReported
from istmo_common.events.transactions import Transaction
from istmo_registry.domain.resolving import Reference

__all__ = ["parties_of"]


def parties_of(report: ActivityReported, lines: Iterable[tuple[Transaction, bool]]) -> str:
    """Canonical JSON: a sorted list of [role, identifier, names, whether the line that names it is CLEAR, times].

    `lines` are the living ones, each with whether it is CLEAR. Roles are `reporting`, `provider`, `receiver`, and
    IATI's codes for organisations that take part; these, and who reports, are as CLEAR as the activity.
    """
    counted = Counter(_named(report, lines))
    found = [[role, one.identifier, list(one.names), clear, times] for (role, one, clear), times in counted.items()]
    return canonical_report(sorted(found, key=canonical_report)).decode()


def _named(
    report: ActivityReported, lines: Iterable[tuple[Transaction, bool]]
) -> Iterator[tuple[str, Reference, bool]]:
    yield "reporting", Reference(report.reporter, tuple(name.text for name in report.reporter_names)), True
    for one in report.participating_organisations:
        yield one.role, Reference(one.identifier, tuple(name.text for name in one.names)), True
    for line, clear in lines:
        for role, party in (("provider", line.provider), ("receiver", line.receiver)):
            if party is not None:
                yield role, Reference(party.identifier, tuple(name.text for name in party.names)), clear
