"""Activities find each other by what they say, without a comparison of all with all."""

from dataclasses import replace

from istmo_registry.domain.blocking import keys_of
from istmo_registry.domain.features import Features
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.text import normal_title


def _features(*titles: str, countries: tuple[str, ...] = ("HN",), identifiers: tuple[str, ...] = ()) -> Features:
    return Features(
        ActivityId("X", "a"),
        titles=tuple(sorted(normal_title(title) for title in titles)),
        countries=countries,
        identifiers=identifiers,
    )


def _meet(a: Features, b: Features) -> bool:
    return not keys_of(a).isdisjoint(keys_of(b))


def test_title_cut_short_is_found() -> None:
    """A system that cuts titles at forty characters does not hide its records."""
    assert _meet(
        _features("Prevención de violencia en escuelas de Choloma"), _features("Prevención de violencia en esc")
    )


def test_title_in_the_other_language_is_found() -> None:
    """A Spanish and an English report of one work meet by their words, in whatever order."""
    assert _meet(
        _features("Policía comunitaria en barrios seguros"), _features("Safe neighbourhoods: community police")
    )


def test_equal_titles_meet_without_a_country() -> None:
    """A report that names no country still meets one of the same title that does."""
    assert _meet(_features("Mobile courts for valleys", countries=()), _features("Mobile courts for valleys"))


def test_shared_words_in_other_countries_do_not_meet() -> None:
    """Alike works of different countries cost no comparison."""
    assert not _meet(_features("Mobile courts for valleys"), _features("Mobile courts, coast", countries=("GT",)))


def test_identifier_meets_whatever_the_title() -> None:
    """A shared identifier is enough to be looked at."""
    assert _meet(_features("A", identifiers=("abc2024x",)), _features("B", countries=(), identifiers=("abc2024x",)))


def test_title_that_says_nothing_has_no_keys() -> None:
    """Redacted titles do not all meet one another."""
    assert frozenset() == keys_of(_features("Information Redacted", "Programa de la"))


def test_phase_and_places_make_no_keys() -> None:
    """Phases of one work meet, so that they can be told apart."""
    one, two = _features("Mobile courts, fase I"), _features("Mobile courts, fase II, Honduras")

    assert keys_of(one) == keys_of(two)


def test_work_in_many_countries_has_few_keys() -> None:
    """A worldwide programme does not fill the index."""
    features = _features("One two three four five six seven eight nine ten eleven twelve")
    worldwide = replace(features, countries=tuple(f"C{number}" for number in range(100)))

    assert len(keys_of(features)) == len(keys_of(worldwide)) <= 10
