"""What texts count, in words and figures of two languages."""

import pytest

from istmo_registry.domain.counts import parse_counts, spell_counts


@pytest.mark.parametrize(
    ("spanish", "english", "counted"),
    [
        ("Becas para doce oficiales de la PNC", "Scholarships for 12 officers of the PNC", "12+officer+pnc"),
        ("treinta y cinco aulas", "thirty-five classrooms", "35+classroom"),
        ("doscientos treinta y cinco jóvenes", "235 young people", "235+young"),
        ("1.200 hectáreas", "1,200 hectares", "1200+hectare"),
        ("cien mil plantas", "100 000 plants", "100000+plant"),
        ("por 25 millones", "of 25 million", "25000000"),
    ],
)
def test_two_languages_count_alike(spanish: str, english: str, counted: str) -> None:
    """Figures and words, points and commas: so many are so many."""
    numbers = [parse_counts(spell_counts([text])) for text in (spanish, english)]
    assert [counted] == spell_counts([spanish])
    assert numbers[0].keys() == numbers[1].keys()
    shared = [things & numbers[1][number] for number, things in numbers[0].items()]
    assert all(shared) or "+" not in counted


@pytest.mark.parametrize(
    "text",
    [
        "From 2014 to 2018, 27 de septiembre de 2020, May 12",
        "Fase 2, componente 3, SDG 16, zona 18, artículo 5, phase 4",
        "20 por ciento de 30 %, veinte por ciento, 12.5 percent",
        "tres años, 18 months, jóvenes de 15 a 29 años, 24-hour, 40 horas",
        "COVID-19, HN-L1063, TCP/HON/3303, 2020/118, 15-29, G20, 3.5 km",
        "one school, una escuela",
        "9 999 999 999 999 999 999, " + "million " * 400 + "2 " + "million " * 400,
    ],
)
def test_what_is_no_count(text: str) -> None:
    """Days, spans, shares, codes, and numbers that say which one."""
    assert [] == spell_counts([text])


def test_a_number_of_several_texts_is_one() -> None:
    """What is counted is all that any text says of it, up to the end of the sentence or another number."""
    assert ["40+kit+officer", "6+court"] == spell_counts(["Forty officers. 40 kits for six courts", "6 courts"])


def test_what_is_written_is_read() -> None:
    """Features keep counts as words."""
    spelled = spell_counts(["38 aulas, 1200 familias y 9 millones"])
    assert {38: {"classroom"}, 1200: {"family"}, 9_000_000: set()} == parse_counts(spelled)
