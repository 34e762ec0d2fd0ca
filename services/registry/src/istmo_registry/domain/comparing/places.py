"""Countries, departments, towns; purposes and goals."""

from collections.abc import Iterator

from istmo_registry.domain.comparing.observation import Observation
from istmo_registry.domain.gazetteer import name_of
from istmo_registry.domain.prepared import Prepared

__all__ = ["observe_places", "observe_purposes", "shared_towns"]


def observe_places(a: Prepared, b: Prepared) -> Iterator[Observation]:
    """What the stated countries show, those that titles name, and the places within them."""
    if a.countries and b.countries:
        shared = a.countries & b.countries
        if not shared:
            yield Observation("country-different")
        elif a.countries == b.countries:
            yield Observation("country-shared", {"countries": ", ".join(sorted(shared))})
        else:
            yield Observation("country-partly", {"countries": ", ".join(sorted(shared))})
    if a.title_countries and b.title_countries and a.title_countries.isdisjoint(b.title_countries):
        yield Observation("title-country-different")
    if not a.places or not b.places:
        return
    if _titled_elsewhere(a, b) or _titled_elsewhere(b, a):
        yield Observation("title-place-different")
        return
    if not a.departments or not b.departments:
        return
    towns = shared_towns(a, b)
    # A place that only a text tells is marked so: texts name places that the work is not in.
    derived = "-derived" if a.derived >= a.places or b.derived >= b.places else ""
    if towns:
        yield Observation(f"town-shared{derived}", {"place": name_of(min(towns))})
    elif not a.departments.isdisjoint(b.departments):
        yield Observation(f"department-shared{derived}", {"place": name_of(min(a.departments & b.departments))})
    else:
        yield Observation(f"place-different{derived}")


def shared_towns(a: Prepared, b: Prepared) -> set[str]:
    """The towns that two works are both in, by what they state or tell."""
    return {place for place in a.places & b.places if place.count("-") > 1}


def _titled_elsewhere(a: Prepared, b: Prepared) -> bool:
    """Whether a title names towns or departments, and the other's title, or all that it tells, names others."""
    if not a.title_towns:
        return False
    if b.title_towns and a.title_towns.isdisjoint(b.places) and b.title_towns.isdisjoint(a.places):
        return True
    return a.departments.isdisjoint(b.departments)


def observe_purposes(a: Prepared, b: Prepared) -> Iterator[Observation]:
    """What purpose codes and stated goals show."""
    purposes = a.purposes & b.purposes
    if purposes:
        yield Observation("purpose-shared", {"purpose": min(purposes)})
    elif a.sectors and b.sectors:
        shared = not a.sectors.isdisjoint(b.sectors)
        yield Observation("sector-shared" if shared else "sector-different")
    if a.goals and b.goals and a.goals.isdisjoint(b.goals):
        yield Observation("goal-different")
