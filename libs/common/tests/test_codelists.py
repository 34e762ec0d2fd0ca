"""Codelists: what they name, and what the table of purposes derives."""

import xml.etree.ElementTree as ET
from decimal import Decimal
from pathlib import Path

import pytest

from istmo_common import codelists
from istmo_common.codelists import CODELISTS, DERIVATIONS, PURPOSES, Codelist, goals_and_lines


@pytest.mark.parametrize("codelist", CODELISTS.values(), ids=CODELISTS)
def test_every_code_has_a_name_in_both_languages(codelist: Codelist) -> None:
    """A partner reads every code of every list in Spanish and in English."""
    unnamed = [code for code in codelist for language in ("es", "en") if not codelist.names[code][language].strip()]
    assert [] == unnamed
    assert len(codelist) > 2


def test_a_name_is_given_in_the_language_asked_for() -> None:
    """A desk officer reads "Belice" or "Belize", and English where the language is none of the two."""
    names = [codelists.COUNTRIES.name("BZ", language) for language in ("es", "en", "fr")]
    assert ["Belice", "Belize", "Belize"] == names


def test_a_code_that_is_not_listed_names_itself() -> None:
    """A code of another vocabulary is shown as it is instead of failing."""
    assert "14030" == codelists.PURPOSES.name("14030", "es")


def test_the_frame_has_its_places_lines_goals_and_partner_kinds() -> None:
    """The frame counts seven countries, the region and elsewhere, three lines, five goals, eight kinds of partner."""
    assert ("BZ", "CR", "SV", "GT", "HN", "NI", "PA", "regional", "elsewhere") == tuple(codelists.PLACES)
    assert 3 == len(codelists.LINES)
    assert 5 == len(codelists.GOALS)
    assert 8 == len(codelists.PARTNER_KINDS)
    assert set(codelists.SEVEN_COUNTRIES) < set(codelists.COUNTRIES)


@pytest.mark.parametrize(("country", "place"), [("HN", "HN"), ("PA", "PA"), ("CO", "elsewhere"), ("MX", "elsewhere")])
def test_a_country_counts_in_the_frame(country: str, place: str) -> None:
    """Work in one of the seven counts there, work in any other country elsewhere."""
    assert place == codelists.place_of_country(country)


@pytest.mark.parametrize(
    ("region", "vocabulary", "place"),
    [("389", "1", "regional"), ("1032", "1", "regional"), ("998", "1", "elsewhere"), ("013", "2", "regional")],
)
def test_a_region_counts_in_the_frame(region: str, vocabulary: str, place: str) -> None:
    """Work for Central America as a whole is regional; an unspecified region is not forced into it."""
    assert place == codelists.place_of_region(region, vocabulary)


@pytest.mark.parametrize("code", DERIVATIONS)
def test_a_derived_split_never_exceeds_the_whole(code: str) -> None:
    """No purpose code makes more of the money than there is, or names a goal or line that does not exist."""
    derivation = DERIVATIONS[code]
    assert sum((share.percentage for share in derivation.goals), Decimal()) <= 100
    assert sum((share.percentage for share in derivation.lines), Decimal()) <= 100
    assert {share.code for share in derivation.goals} <= set(codelists.GOALS) - {"5"}
    assert {share.code for share in derivation.lines} <= set(codelists.LINES)


def test_police_work_is_split_over_two_goals_and_one_line() -> None:
    """Money for the police counts for safe streets and for capable governments, in the line of police and justice."""
    derivation = goals_and_lines("15132")
    assert derivation is not None
    assert [("1", Decimal(50)), ("3", Decimal(50))] == [(share.code, share.percentage) for share in derivation.goals]
    assert [("2", Decimal(100))] == [(share.code, share.percentage) for share in derivation.lines]


@pytest.mark.parametrize("code", ["15151", "11330", "14030", "", "99810"])
def test_what_belongs_to_no_goal_is_not_forced_into_one(code: str) -> None:
    """Elections, schools or water stay outside the goals."""
    assert goals_and_lines(code) is None


@pytest.mark.parametrize(
    ("codelist", "file"),
    [
        (codelists.ACTIVITY_STATUSES, "ActivityStatus"),
        (codelists.DATE_TYPES, "ActivityDateType"),
        (codelists.ORGANISATION_ROLES, "OrganisationRole"),
        (codelists.ORGANISATION_TYPES, "OrganisationType"),
        (codelists.RELATED_ACTIVITY_TYPES, "RelatedActivityType"),
        (codelists.TRANSACTION_TYPES, "TransactionType"),
    ],
)
def test_iati_lists_have_the_codes_that_iati_publishes(codelist: Codelist, file: str, real_data: Path) -> None:
    """Whatever code a report takes from IATI's list is known here, and no other."""
    assert published_codes(real_data, file) == set(codelist)


def test_currencies_cover_those_that_iati_publishes(real_data: Path) -> None:
    """No report is refused for a currency that IATI allows."""
    assert set() == published_codes(real_data, "Currency") - set(codelists.CURRENCIES)


def test_purposes_exist_in_the_dac_list(real_data: Path) -> None:
    """The visible table speaks of codes that reports can carry."""
    published = published_codes(real_data, "Sector")
    groups = {code[:3] for code in published}
    assert set() == set(PURPOSES) - published - groups


def published_codes(real_data: Path, file: str) -> set[str]:
    tree = ET.parse(real_data / "codelists" / f"{file}.xml")
    return {item.findtext("code", "") for item in tree.iter("codelist-item")}
