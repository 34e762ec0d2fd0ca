"""Titles of two languages in one spelling."""

import pytest

from istmo_registry.domain.text import TitleParts, normal_identifier, normal_title, title_parts


@pytest.mark.parametrize(
    ("title", "other"),
    [
        ("Prevención de la violencia juvenil", "PREVENCION DE VIOLENCIA JUVENIL"),
        ("Fortalecimiento de la policía comunitaria", "Strengthening community police"),
        ("Apoyo a CARSI: fiscales", "Support to the Central America Regional Security Initiative (CARSI), prosecutors"),
        ("Programa de reforma penitenciaria", "Project: penitentiary reforms"),
        ("Mujeres y justicia en Panamá", "Women and justice, Panama"),
        ("Municipios más seguros, fase II", "Safer municipalities - Phase 2"),
        ("Municipios más seguros, segunda etapa", "Municipios más seguros II"),
    ],
)
def test_one_work_in_two_spellings(title: str, other: str) -> None:
    """The same title is recognised across languages, accents, case, abbreviations and ways to write a phase."""
    assert sorted(normal_title(title).split()) == sorted(normal_title(other).split())


@pytest.mark.parametrize(
    ("title", "phase"),
    [
        ("Fase I", 1),
        ("Ciudades seguras. Fase 3: barrios", 3),
        ("Second phase of safer cities", 2),
        ("Ciudades seguras IV", 4),
        ("Tercera fase", 3),
        ("Ciudades seguras", None),
        ("Plan 2030", None),
        ("Fase final", None),
        ("V", None),
    ],
)
def test_phases(title: str, phase: int | None) -> None:
    """A phase is read from words and Roman numbers, and from nothing that only looks like one."""
    assert phase == title_parts(normal_title(title)).phase


def test_parts_of_a_title() -> None:
    """Words, phase, numbers and countries of a title are told apart."""
    expected = TitleParts("30 school siu 5", 2, frozenset({"30", "5"}), frozenset({"@hn", "@sv"}))

    assert expected == title_parts(normal_title("Honduras y El Salvador: 30 escuelas SIU 5, fase 2"))


@pytest.mark.parametrize("title", ["Information Redacted", "Programa", "—", "de la"])
def test_titles_that_say_nothing(title: str) -> None:
    """A redacted title makes no two works alike."""
    assert "" == normal_title(title)


def test_identifier_is_compared_without_its_punctuation() -> None:
    """An identifier typed with other dashes and spaces is the same one."""
    assert normal_identifier("US-GOV-1-ABC 77/b") == normal_identifier("us gov 1 abc77-B") == "usgov1abc77b"


@pytest.mark.parametrize("identifier", ["12345678901", "A-1", "SEGURIDAD-JUVENIL"])
def test_weak_identifiers_say_nothing(identifier: str) -> None:
    """A bare number, a short code or a mere word never makes two works one."""
    assert "" == normal_identifier(identifier)
