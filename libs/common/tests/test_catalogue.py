"""The message catalogue: the same messages in both languages, and the right language for the reader."""

import string

import pytest

from istmo_common.catalogue import LANGUAGES, MESSAGES, language_of, text


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def test_both_languages_have_the_same_messages() -> None:
    """No partner meets a message that exists in the other language only."""
    assert set(MESSAGES["en"]) == set(MESSAGES["es"])


@pytest.mark.parametrize("key", MESSAGES["en"])
def test_a_message_says_the_same_in_both_languages(key: str) -> None:
    """A value told in English is told in Spanish too, and no message is empty."""
    assert placeholders(MESSAGES["en"][key]) == placeholders(MESSAGES["es"][key])
    assert all(MESSAGES[language][key].strip() for language in LANGUAGES)


@pytest.mark.parametrize("key", [key for key in MESSAGES["en"] if key.startswith("field.")])
def test_every_failing_field_says_what_would_be_right(key: str) -> None:
    """A clerk reads of every fault what is wrong and what to write instead."""
    base, _, _ = key.rpartition(".")
    assert f"{base}.detail" in MESSAGES["es"]
    assert f"{base}.remedy" in MESSAGES["es"]


def test_values_stand_where_the_message_names_them() -> None:
    """A limit is told as a number in the reader's language."""
    assert "Un lote puede tener hasta 500 eventos. Divídalo y envíe las partes una tras otra." == text(
        "problem.too-many-events.detail", "es", most=500
    )


@pytest.mark.parametrize(
    ("partner", "accepted", "language"),
    [
        ("es", "en", "es"),
        ("en", "es", "en"),
        (None, "es-HN,es;q=0.9,en;q=0.5", "es"),
        (None, "en;q=0.2, es;q=0.7", "es"),
        (None, "es;q=0, en;q=0.1", "en"),
        (None, "fr, de;q=0.8", "en"),
        (None, "es;q=broken", "en"),
        (None, None, "en"),
        ("fr", "es", "es"),
    ],
)
def test_the_language_is_the_partners_else_the_accepted_else_english(
    partner: str | None, accepted: str | None, language: str
) -> None:
    """A clerk who set Spanish gets Spanish from any browser; a visitor gets what the browser asks for."""
    assert language == language_of(partner, accepted)
