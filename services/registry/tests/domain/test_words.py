"""The committed words of the field in both languages."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from istmo_registry.domain.data import read_data
from istmo_registry.domain.words import concept_of, concepts_in, is_special, plain, weight_of

GLOSSARY = read_data("glossary.json")


@pytest.mark.parametrize("form", ["fortalecer", "fortalecidas", "fortaleciendo", "fortalezcan", "fortalecimiento"])
def test_forms_of_a_verb_are_one_concept(form: str) -> None:
    """Spanish descriptions conjugate what English ones nominalise."""
    assert concept_of("strengthen") == concept_of(form)


@pytest.mark.parametrize("form", ["coordination", "coordinated", "coordinating", "coordinar", "coordinado"])
def test_a_noun_brings_its_verb(form: str) -> None:
    """`coordinación` is listed, `coordinated` is what an English description says."""
    assert concept_of("coordinacion") == concept_of(form)


@pytest.mark.parametrize(
    ("plural", "singular"), [("tratamientos", "treatment"), ("luces", "light"), ("redes", "red"), ("planes", "plan")]
)
def test_a_plural_is_what_its_singular_is(plural: str, singular: str) -> None:
    """`tratamientos` is not folded to what `trata` is: its singular is a word of its own."""
    assert concept_of(singular) == concept_of(plural)


@pytest.mark.parametrize(
    ("spanish", "english"),
    [
        ("alumbrado público", "street lighting"),
        ("plantas de tratamiento de aguas residuales", "wastewater treatment plants"),
        ("muro de contención y drenaje pluvial", "retaining wall and storm drainage"),
        ("mora judicial", "case backlog"),
        ("energía maremotriz", "tidal power"),
        ("compras públicas", "public procurement"),
        ("roya del café", "coffee rust"),
        ("huertos familiares", "home gardens"),
        ("cuidados intensivos", "intensive care"),
        ("embarazo en la adolescencia", "teenage pregnancy"),
        ("enfermedades no transmisibles", "non-communicable diseases"),
        ("fuentes no renovables", "non-renewable sources"),
        ("Fort. institucional mun.", "Municipal institutional strengthening"),
        ("censo de población", "population census"),
        ("fideicomiso", "trust fund"),
    ],
)
def test_what_both_languages_say_is_one(spanish: str, english: str) -> None:
    """A register's Spanish title and a donor's English one have the same concepts, in whatever order."""
    assert set(concepts_in(plain(spanish).split())) == set(concepts_in(plain(english).split()))


def test_words_of_a_phrase_may_be_others() -> None:
    """A phrase is what its words mean: `manejo de riesgos` is `gestión del riesgo`, though only one is listed."""
    assert concepts_in(["gestion", "del", "riesgo"]) == concepts_in(["manejo", "de", "riesgos"])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("politicas", "policia"),
        ("casa", "caso"),
        ("estafa", "staff"),
        ("trato", "trata"),
        ("suelo", "escuela"),
        ("policies", "police"),
        ("derecho", "derechos"),
    ],
)
def test_words_that_only_look_alike_stay_apart(one: str, other: str) -> None:
    """Folding joins cognates, not whatever begins alike."""
    assert concept_of(one) != concept_of(other)


def test_a_phrase_is_more_than_one_word() -> None:
    """A phrase of which stop words leave a single word would swallow that word wherever it stands."""
    phrases = [phrase for listed in GLOSSARY["phrases"].values() for phrase in listed]
    single = [phrase for phrase in phrases if len(plain(phrase).split()) > 1 and len(concepts_of_words(phrase)) < 2]

    assert not single


def test_a_phrase_has_one_meaning() -> None:
    """A phrase listed twice, by whatever words, would mean whatever is listed last."""
    phrases = [
        tuple(concepts_of_words(phrase)) if " " in phrase else phrase
        for listed in GLOSSARY["phrases"].values()
        for phrase in listed
    ]

    assert len(phrases) == len(set(phrases))


def concepts_of_words(phrase: str) -> list[str]:
    """The concepts of a phrase's words, each looked up alone."""
    return list(chain.from_iterable(concepts_in([word]) for word in plain(phrase).split()))


def test_what_few_works_tell_says_more() -> None:
    """`observatorio` says more of which work it is than `seguridad`, and that more than `apoyo`."""
    observatory, security, support = map(concept_of, ("observatorio", "seguridad", "apoyo"))

    assert weight_of(observatory) > weight_of(security) > weight_of(support)
    assert is_special(observatory)
    assert not is_special(security)


@given(st.text())
def test_weights_add_up_alike_in_every_process(concept: str) -> None:
    """Sets have another order in every process: only whole eighths add up to the same sum in all of them."""
    assert (8 * weight_of(concept)).is_integer()


def test_lists_hold_known_concepts_once() -> None:
    """A frequent term is a term, and none is common and frequent at once."""
    frequent, common = set(GLOSSARY["frequent"]), set(GLOSSARY["common"])

    assert frequent <= GLOSSARY["concepts"].keys() | GLOSSARY["phrases"].keys()
    assert frequent.isdisjoint(common)
