"""Titles of two languages in one spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from istmo_registry.domain.text import normal_identifier, normal_title, title_parts


@pytest.mark.parametrize(
    ("spanish", "english"),
    [
        ("Prevención de la violencia juvenil", "Juvenile violence prevention"),
        ("Fortalecimiento de capacidades de la policía nacional", "Strengthening the capacity of the National Police"),
        ("Gestión de casos en el sector justicia", "Justice Sector Case Management"),
        ("Programa Manejo Ambiental de las Islas de la Bahía Fase II", "Bay Islands Environmental Management, phase 2"),
        ("Biodiversidad y ecología", "Biodiversity and ecology"),
        ("Proyecto de agua potable en Tegucigalpa, Honduras", "Honduras: drinking water for Tegucigalpa (Project)"),
        ("Modernización tributaria: financiamiento adicional", "Tax modernization - additional financing"),
        ("Fiscalías fortalecidas en la lucha contra la extorsión", "Strengthening prosecutors to fight extortion"),
        ("Que garanticen la protección de testigos", "Guaranteeing witness protection"),
        ("Oficina del ACNUR en Panamá", "UNHCR office, Panama"),
        ("Atención integral a privados de libertad", "Comprehensive care for persons deprived of liberty"),
        ("Escuelas y partidos políticos", "Schools and political parties"),
        ("Albergues de mujeres", "Women’s shelters"),
        ("Huertos escolares (TCP/HON/3303)", "School gardens"),
    ],
)
def test_title_meets_its_translation(spanish: str, english: str) -> None:
    """One work is found whether its title is told in Spanish or in English."""
    ours, theirs = title_parts(normal_title(spanish)), title_parts(normal_title(english))

    assert (theirs.concepts, theirs.phases, theirs.places) == (ours.concepts, ours.phases, ours.places)


@pytest.mark.parametrize(
    ("title", "phases"),
    [
        ("Patrullas, fase I", {"1"}),
        ("Patrullas (Phase 2)", {"2"}),
        ("Tercera etapa de patrullas", {"3"}),
        ("Patrullas II", {"2"}),
        ("Training II in Guatemala", {"2"}),
        ("Patrullas, fases I y fase II", {"1", "2"}),
        ("I visit the border", set()),
        ("Leased vehicles and leased v", set()),
        ("Patrullas: financiamiento adicional", {"+"}),
        ("Second Road Rehabilitation Project", {"2"}),
        ("Tercer Programa de Caminos Rurales", {"3"}),
        ("Second Chance Education Project", set()),
        ("Two Roads Project", set()),
    ],
)
def test_phase_of_a_title(title: str, phases: set[str]) -> None:
    """ "Fase I" is not "Fase II", however it is written; a word that is cut off is no Roman number."""
    assert frozenset(phases) == title_parts(normal_title(title)).phases


def test_title_that_says_nothing_is_empty() -> None:
    """A redacted title is like no other."""
    assert "" == normal_title("Information redacted")


def test_town_of_many_countries_is_where_the_work_is() -> None:
    """San Marcos in Guatemala is not San Marcos in El Salvador."""
    assert {"gt-sanmarcos"} == title_parts(normal_title("Agua para San Marcos", {"gt"})).places


def test_plan_of_many_countries_is_no_country() -> None:
    """The Plan Puebla-Panamá is not in Panama."""
    assert frozenset() == title_parts(normal_title("Corredor turístico del Plan Puebla-Panamá", {"hn"})).places


def test_year_and_component_are_marked() -> None:
    """An edition of a year and a component are told from the work as a whole."""
    parts = title_parts(normal_title("Merienda Escolar [2010], componente de huertos"))

    assert ({"2010"}, True) == (parts.years, parts.component)


def test_what_stands_before_a_colon_is_the_head() -> None:
    """`Work: part` is told from the work as a whole; a colon at the end heads nothing."""
    assert {"well", "latrine"} == title_parts(normal_title("Pozos y letrinas: bomba de La Ceiba")).head
    assert frozenset() == title_parts(normal_title("Pozos y letrinas:")).head


def test_bare_number_is_no_identifier() -> None:
    """Every organisation counts its records, so equal numbers mean nothing."""
    assert ["", "", "abc2024x"] == [normal_identifier(text) for text in ("12345678", "AB-1", "ABC-2024/x")]


@given(st.text())
def test_every_title_can_be_read(title: str) -> None:
    """Whatever partners write, it has one spelling, and reading it again changes no part of it."""
    parts = title_parts(normal_title(title))

    assert parts.concepts == frozenset(parts.words)
