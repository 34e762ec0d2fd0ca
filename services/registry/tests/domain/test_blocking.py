"""What finds what before anything is compared."""

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from istmo_registry.domain.blocking import keys_of
from istmo_registry.domain.features import Features
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.text import normal_title


def _features(title: str = "Tribunales móviles para valles remotos", **fields: Any) -> Features:
    plain: dict[str, Any] = {"titles": (normal_title(title),), "countries": ("HN",)}
    return Features(ActivityId("X", "a"), **(plain | fields))


def _meet(one: Features, two: Features) -> bool:
    return not keys_of(one).isdisjoint(keys_of(two))


def test_translated_title_is_found() -> None:
    """A Spanish report meets the English one of the same work."""
    assert _meet(_features(), _features("Mobile courts for remote valleys"))


def test_unlike_titles_do_not_meet() -> None:
    """Comparing everything with everything is avoided."""
    assert not _meet(_features(), _features("Encrypted radio network for hospitals"))


def test_country_may_be_missing() -> None:
    """A report without a country is found by its most telling words."""
    assert _meet(_features(), _features(countries=()))


def test_description_that_holds_the_name_is_found() -> None:
    """An acronym in one title and in the other's text brings them together."""
    assert _meet(_features(names=("*soluciones",)), _features("Apoyo a una alianza", names=("soluciones",)))


def test_exact_days_and_amounts_are_found() -> None:
    """Two titles that share no word meet by the day on which they begin, by the sum, and by an award's code."""
    other = "Encrypted radio network for hospitals"

    assert _meet(_features(starts=date(2013, 3, 14)), _features(other, starts=date(2013, 3, 14)))
    assert _meet(_features(totals=("2 USD 1237500",)), _features(other, totals=("3 USD 1237500",)))
    assert _meet(_features(codes=("blec19ca0123",)), _features(other, codes=("blec19ca0123",)))


@given(st.lists(st.text(), max_size=3), st.lists(st.sampled_from(["HN", "GT"]), max_size=2, unique=True))
def test_keys_are_short_and_few(titles: list[str], countries: list[str]) -> None:
    """Whatever is reported makes keys that fit the index, and not too many."""
    known = tuple(sorted({normal_title(title) for title in titles} - {""}))
    keys = keys_of(Features(ActivityId("X", "a"), titles=known, countries=tuple(sorted(countries))))

    assert all(key.isascii() and len(key) <= 70 for key in keys)
    assert len(keys) <= 200
