"""What a view is about: the facets of a subject, and filters over them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Self, get_args

__all__ = ["EPOCH_OPENED", "EVERYTHING", "ITEM_TYPES", "EntryType", "Facets", "Filter", "ItemType"]

ItemType = Literal["programme.changed", "programme.gone", "alert.raised", "alert.updated", "alert.cleared"]
ITEM_TYPES: Final[tuple[ItemType, ...]] = get_args(ItemType)

EntryType = ItemType | Literal["epoch.opened"]
"""What stands in a list: its items, and, first after a restore, what says where the epoch before ended."""
EPOCH_OPENED: Final = "epoch.opened"


@dataclass(frozen=True, slots=True)
class Facets:
    """By what a subject can be chosen: codes of countries and goals, identifiers of organisations."""

    countries: frozenset[str] = frozenset()
    goals: frozenset[str] = frozenset()
    organisations: frozenset[str] = frozenset()

    def to_json(self) -> dict[str, list[str]]:
        """The facets in one fixed spelling."""
        return {
            "countries": sorted(self.countries),
            "goals": sorted(self.goals),
            "organisations": sorted(self.organisations),
        }

    @classmethod
    def from_json(cls, stated: Mapping[str, list[str]]) -> Self:
        """What `to_json` wrote."""
        return cls(*(frozenset(stated[name]) for name in ("countries", "goals", "organisations")))


@dataclass(frozen=True, slots=True)
class Filter:
    """Within a facet any of the named values, across facets all; an empty facet asks for nothing.

    `types` chooses among the items, not the subjects: whoever leaves out `programme.gone` is not told of it.
    """

    types: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    goals: frozenset[str] = frozenset()
    organisations: frozenset[str] = frozenset()

    def admits(self, facets: Facets) -> bool:
        """Whether a subject of these facets belongs to the view."""
        return (
            (not self.countries or not self.countries.isdisjoint(facets.countries))
            and (not self.goals or not self.goals.isdisjoint(facets.goals))
            and (not self.organisations or not self.organisations.isdisjoint(facets.organisations))
        )

    def wants(self, type: EntryType) -> bool:
        """Whether items of this type belong to the view."""
        return not self.types or type in self.types

    def to_json(self) -> dict[str, list[str]]:
        """The filter in one fixed spelling: equal filters are equal views."""
        return {
            "types": sorted(self.types),
            "countries": sorted(self.countries),
            "goals": sorted(self.goals),
            "organisations": sorted(self.organisations),
        }

    @classmethod
    def from_json(cls, stated: Mapping[str, list[str]]) -> Self:
        """What `to_json` wrote."""
        return cls(*(frozenset(stated[name]) for name in ("types", "countries", "goals", "organisations")))


EVERYTHING: Final = Filter()
