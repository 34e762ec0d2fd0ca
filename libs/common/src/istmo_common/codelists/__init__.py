"""The codelists of the contract: bilingual, kept as data, loaded once.

The codes are those of ISO 3166-1, ISO 4217, IATI 2.03 and the DAC's purpose codes; their Spanish and English names, the
frame's own lists (places, lines, goals, kinds of partner) and the table that derives goals and lines are the project's.
"""

from istmo_common.codelists.lists import (
    ACTIVITY_STATUSES,
    CODELISTS,
    COUNTRIES,
    CURRENCIES,
    DATE_TYPES,
    GOALS,
    LINES,
    ORGANISATION_ROLES,
    ORGANISATION_TYPES,
    PARTNER_KINDS,
    PLACES,
    PURPOSES,
    RELATED_ACTIVITY_TYPES,
    TRANSACTION_TYPES,
    Codelist,
)
from istmo_common.codelists.places import ELSEWHERE, REGIONAL, SEVEN_COUNTRIES, place_of_country, place_of_region
from istmo_common.codelists.purposes import DERIVATIONS, Derivation, Share, goals_and_lines

__all__ = [
    "ACTIVITY_STATUSES",
    "CODELISTS",
    "COUNTRIES",
    "CURRENCIES",
    "DATE_TYPES",
    "DERIVATIONS",
    "ELSEWHERE",
    "GOALS",
    "LINES",
    "ORGANISATION_ROLES",
    "ORGANISATION_TYPES",
    "PARTNER_KINDS",
    "PLACES",
    "PURPOSES",
    "REGIONAL",
    "RELATED_ACTIVITY_TYPES",
    "SEVEN_COUNTRIES",
    "TRANSACTION_TYPES",
    "Codelist",
    "Derivation",
    "Share",
    "goals_and_lines",
    "place_of_country",
    "place_of_region",
]
