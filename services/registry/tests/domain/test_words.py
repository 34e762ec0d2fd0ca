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


@pytest.mark.parametrize(
    ("one", "other"),
    [("politicas", "policia"), ("casa", "caso"), ("policies", "police"), ("derecho", "derechos")],
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
    """A phrase listed twice would mean whatever is listed last."""
    phrases = [plain(phrase) for listed in GLOSSARY["phrases"].values() for phrase in listed]

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

    assert frequent <= GLOSSARY["concepts"].keys()
    assert frequent.isdisjoint(common)
