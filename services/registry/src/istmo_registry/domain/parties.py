"""Whom a report names, in which role and how often, and where it works: what the directory is asked about."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from istmo_common.canonical import canonical_report
from istmo_common.events.activities import ActivityReported, ParticipatingOrganisation
from istmo_common.events.transactions import Transaction, TransactionParty
from istmo_registry.domain.resolving import Reference

__all__ = ["countries_of", "home_of", "parties_of", "reference_to", "reporter_of"]


def countries_of(report: ActivityReported, lines: Iterable[Transaction]) -> frozenset[str]:
    """The countries (ISO 3166-1) in which a report and its lines say that they work."""
    stated = [*report.recipient_countries, *(line.recipient_country for line in lines)]
    return frozenset(share.code.upper() for share in stated if share is not None)


def home_of(report: ActivityReported, lines: Iterable[Transaction]) -> str | None:
    """The country (ISO 3166-1) in which all of a report works; None where there are several, a region, or none."""
    lines = tuple(lines)
    countries = countries_of(report, lines)
    if len(countries) != 1 or report.recipient_regions or any(line.recipient_region is not None for line in lines):
        return None
    [country] = countries
    return country


def reference_to(named: ParticipatingOrganisation | TransactionParty, home: str | None) -> Reference:
    """An organisation that a report of this home names."""
    return Reference(named.identifier, tuple(name.text for name in named.names), home)


def reporter_of(report: ActivityReported, home: str | None) -> Reference:
    """Who reports."""
    return Reference(report.reporter, tuple(name.text for name in report.reporter_names), home)


def parties_of(report: ActivityReported, lines: Iterable[tuple[Transaction, bool]]) -> str:
    """Canonical JSON: a sorted list of [role, identifier, names, whether the line that names it is CLEAR, times, home].

    `lines` are the living ones, each with whether it is CLEAR. Roles are `reporting`, `provider`, `receiver`, and
    IATI's codes for organisations that take part; these, and who reports, are as CLEAR as the activity.
    """
    counted = Counter(_named(report, tuple(lines)))
    found = [
        [role, one.identifier, list(one.names), clear, times, one.country]
        for (role, one, clear), times in counted.items()
    ]
    return canonical_report(sorted(found, key=canonical_report)).decode()


def _named(
    report: ActivityReported, lines: Sequence[tuple[Transaction, bool]]
) -> Iterator[tuple[str, Reference, bool]]:
    home = home_of(report, (line for line, clear in lines if clear))
    yield "reporting", reporter_of(report, home), True
    for one in report.participating_organisations:
        yield one.role, reference_to(one, home), True
    for line, clear in lines:
        for role, party in (("provider", line.provider), ("receiver", line.receiver)):
            if party is not None:
                yield role, reference_to(party, home), clear
