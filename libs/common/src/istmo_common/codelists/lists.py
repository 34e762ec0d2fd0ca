"""Codelists as values: codes in their order, each with a Spanish and an English name."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Final

__all__ = [
    "ACTIVITY_STATUSES",
    "CODELISTS",
    "COUNTRIES",
    "CURRENCIES",
    "DATE_TYPES",
    "GOALS",
    "LINES",
    "ORGANISATION_ROLES",
    "ORGANISATION_TYPES",
    "PARTNER_KINDS",
    "PLACES",
    "PURPOSES",
    "RELATED_ACTIVITY_TYPES",
    "TRANSACTION_TYPES",
    "Codelist",
    "read_rows",
]


def read_rows(name: str) -> list[dict[str, str]]:
    """The rows of `data/<name>.csv`, each a mapping from column to text."""
    text = files(__package__).joinpath("data", f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@dataclass(frozen=True, slots=True)
class Codelist:
    """One list. `code in codelist` asks for membership; iterating gives the codes in the list's order."""

    id: str
    names: Mapping[str, Mapping[str, str]]
    """By code, then by language (`es`, `en`)."""

    def __contains__(self, code: object) -> bool:
        return code in self.names

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def name(self, code: str, language: str) -> str:
        """The name of `code` in `language`, English for any but Spanish; a code not in the list names itself."""
        named = self.names.get(code)
        return code if named is None else named["es" if language == "es" else "en"]


def _load(name: str) -> Codelist:
    names = {row["code"]: MappingProxyType({"es": row["es"], "en": row["en"]}) for row in read_rows(name)}
    return Codelist(name.replace("_", "-"), MappingProxyType(names))


ACTIVITY_STATUSES: Final = _load("activity_statuses")
"""IATI ActivityStatus."""
COUNTRIES: Final = _load("countries")
"""ISO 3166-1 alpha-2, with AN and XK, which aid data still carry."""
CURRENCIES: Final = _load("currencies")
"""ISO 4217, withdrawn ones included; only the usual ones have names, others name themselves."""
DATE_TYPES: Final = _load("date_types")
"""IATI ActivityDateType."""
GOALS: Final = _load("goals")
"""The five goals of CARSI."""
LINES: Final = _load("lines")
"""The three lines of action."""
ORGANISATION_ROLES: Final = _load("organisation_roles")
"""IATI OrganisationRole."""
ORGANISATION_TYPES: Final = _load("organisation_types")
"""IATI OrganisationType."""
PARTNER_KINDS: Final = _load("partner_kinds")
"""The eight kinds of partner."""
PLACES: Final = _load("places")
"""Where the frame counts: seven countries, `regional`, `elsewhere`."""
PURPOSES: Final = _load("purposes")
"""DAC purpose codes (5 digits) and sectors (3 digits) around citizen security; far from all that exist."""
RELATED_ACTIVITY_TYPES: Final = _load("related_activity_types")
"""IATI RelatedActivityType."""
TRANSACTION_TYPES: Final = _load("transaction_types")
"""IATI TransactionType."""

CODELISTS: Final[Mapping[str, Codelist]] = MappingProxyType(
    {
        codelist.id: codelist
        for codelist in (
            ACTIVITY_STATUSES,
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
        )
    }
)
"""All lists by id."""
