"""What finds what before anything is compared."""

from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from istmo_registry.domain.blocking import MOST_KEYS, MOST_KEYS_OF_A_REGION, keys_of
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


def test_like_sums_of_one_giver_are_found_in_any_currency() -> None:
    """Two titles that share no word meet by who gives and how much, told in dollars and in lempiras."""
    one = _features(totals=("2 USD 1200000",), funders=("=jp", "^oecd"))
    other = _features("Encrypted radio network for hospitals", totals=("2 HNL 26000000",), funders=("=jp",))

    assert _meet(one, other)
    assert _meet(replace(one, funders=("=jp-bureau", "^jp")), other)
    assert not _meet(one, replace(other, funders=("=de",)))
    assert not _meet(one, replace(other, totals=("2 HNL 9600000",)))


@given(st.lists(st.text(), max_size=3), st.lists(st.sampled_from(["HN", "GT"]), max_size=2, unique=True))
def test_keys_are_short_and_few(titles: list[str], countries: list[str]) -> None:
    """Whatever is reported makes keys that fit the index, and not too many."""
    known = tuple(sorted({normal_title(title) for title in titles} - {""}))
    keys = keys_of(Features(ActivityId("X", "a"), titles=known, countries=tuple(sorted(countries))))

    assert all(key.isascii() and len(key) <= 70 for key in keys)
    assert len(keys) <= 200


def test_two_accounts_of_one_gift_are_found() -> None:
    """A giver that names its implementer and an implementer that names its giver meet, whatever the titles say."""
    giver = _features(reporters=("=jp",), implementers=("=undp",))
    implementer = _features("Encrypted radio network for hospitals", reporters=("=undp",), funders=("=jp",))

    assert _meet(giver, implementer)


def test_a_word_that_few_tell_is_enough() -> None:
    """Works of one country that share a single word, one in its title and one in its text, are compared."""
    assert _meet(_features("Escáner de Corinto"), _features("Encrypted radio network", words=("scan",)))
    assert not _meet(_features("Escáner de Corinto"), _features("Radio", words=("scan",), countries=("GT",)))


def test_a_day_on_which_both_begin_is_enough() -> None:
    """Two works of one country that begin on the same day are compared; purpose and season alone make no question."""
    one = _features(purposes=("15130",), starts=date(2013, 3, 14))
    other = "Encrypted radio network for hospitals"

    assert _meet(one, _features(other, purposes=("15110",), starts=date(2013, 3, 14)))
    assert not _meet(one, _features(other, purposes=("15130",), starts=date(2013, 3, 20)))


def test_a_part_in_one_country_finds_the_work_of_the_region() -> None:
    """A regional programme is found by the national work that has its name, and by the one with two of its words."""
    isthmus = ("BZ", "CR", "GT", "HN", "NI", "PA", "SV")
    programme = _features("Red regional de vigilancia volcánica (RIESCA)", names=("*riesca",), countries=isthmus)

    assert _meet(programme, _features("RIESCA: sensores de gas", names=("*riesca",), countries=("SV",)))
    assert _meet(programme, _features("Volcanic surveillance on the Masaya", countries=("NI",)))
    assert not _meet(programme, _features("Encrypted radio network", countries=("NI",)))


def test_keys_are_few() -> None:
    """A long report does not slow the others: what says most of it makes its keys."""
    words = tuple(f"word{number}" for number in range(60))
    long = _features(" ".join(words[:30]), words=words, names=words, countries=("HN", "GT", "SV"))

    assert MOST_KEYS == len(keys_of(long))
    assert MOST_KEYS_OF_A_REGION == len(keys_of(replace(long, countries=("BZ", "CR", "GT", "HN", "NI", "PA", "SV"))))
