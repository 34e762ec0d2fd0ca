"""Words of Spanish and English as concepts: one spelling for a word of the field, whatever language told it.

A committed glossary joins the field's terms; what it does not know is folded, so that cognates meet
(`prevención`, `prevention`). How much a concept says is committed too: never how often it happens to be reported.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, Self

from istmo_registry.domain.data import read_data
from istmo_registry.domain.phrases import Phrases

__all__ = [
    "COMMON",
    "COMMON_WEIGHT",
    "KNOWN_WEIGHT",
    "RARE_WEIGHT",
    "SPECIAL_WEIGHT",
    "concept_of",
    "concepts_in",
    "is_known",
    "is_special",
    "plain",
    "plain_word",
    "weight_of",
]

COMMON_WEIGHT: Final = 0.375
"""What a word counts that most titles of the field have. All weights are eighths: sums are exact in whatever order."""
KNOWN_WEIGHT: Final = 1.0
"""What a term counts that many works of the field have."""
SPECIAL_WEIGHT: Final = 1.375
"""What any other term of the glossary counts."""
RARE_WEIGHT: Final = 1.625
"""What a word counts that the glossary does not know: mostly a name."""

_GLOSSARY: Final[dict[str, Any]] = read_data("glossary.json")
_STOP: Final = frozenset(read_data("words.json")["stop"])
_WORDS: Final = re.compile(r"[^\W_]+")
_COMBINING: Final = re.compile(r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
_ACRONYM: Final = re.compile(r"\b(?:[^\W\d_]\.){2,}")

# Of Spanish endings, the longest first: what English has in their place.
_ENDINGS: Final = (
    ("logia", "logi"), ("grafia", "grafi"), ("aciones", "ation"), ("acion", "ation"), ("ciones", "tion"),
    ("cion", "tion"), ("siones", "sion"), ("idades", "iti"), ("idad", "iti"), ("ity", "iti"), ("dades", "ti"),
    ("encia", "enc"), ("ancia", "anc"), ("ence", "enc"), ("ance", "anc"), ("ency", "enc"), ("ancy", "anc"),
    ("amiento", ""), ("imiento", ""), ("ment", ""), ("icos", "ic"), ("icas", "ic"), ("ical", "ic"), ("ico", "ic"),
    ("ica", "ic"), ("ivos", "iv"), ("ivas", "iv"), ("ivo", "iv"), ("iva", "iv"), ("ive", "iv"), ("arios", "ari"),
    ("arias", "ari"), ("ario", "ari"), ("aria", "ari"), ("orio", "ori"), ("oria", "ori"), ("ando", ""),
    ("iendo", ""), ("ing", ""), ("osos", "ous"), ("osas", "ous"), ("oso", "ous"), ("osa", "ous"),
    ("mente", ""), ("ally", "al"), ("ismo", "ism"), ("ista", "ist"), ("ia", "i"), ("y", "i"), ("ed", ""),
)  # fmt: skip
_SHORTEST_STEM: Final = 3

# What Spanish verbs end in, and nouns made of them; the longest first.
_VERB_ENDINGS: Final = (
    "imientos", "amientos", "imiento", "amiento", "aciones", "edores", "adores", "idores", "edoras", "adoras",
    "ieron", "acion", "iendo", "ieran", "arlos", "arlas", "erlos", "irlos", "edora", "adora", "antes",
    "entes", "ables", "ibles", "aron", "aran", "eran", "iran", "aban", "ando", "ados", "adas", "idos", "idas",
    "arse", "erse", "irse", "edor", "ador", "idor", "ante", "ente", "able", "ible", "ado", "ada",
    "ido", "ida", "ara", "era", "ira", "aba", "ian", "io", "ia", "an", "en", "ar", "er", "ir", "o", "a", "e",
)  # fmt: skip
_SHORTEST_VERB: Final = 4


def plain(text: str) -> str:
    """Lower case letters and digits without accents; everything else is one space; `U.S.` is one word."""
    folded = _ACRONYM.sub(_without_dots, text).casefold()
    if not folded.isascii():
        folded = _COMBINING.sub("", unicodedata.normalize("NFKD", folded))
    return " ".join(_WORDS.findall(folded))


@lru_cache(maxsize=65536)
def plain_word(word: str) -> str:
    """A single word in plain spelling, without what stands between its letters."""
    return plain(word).replace(" ", "")


def _without_dots(acronym: re.Match[str]) -> str:
    return acronym.group().replace(".", "")


@lru_cache(maxsize=65536)
def _fold(word: str) -> str:
    """A plain word without what differs between cognates, between numbers and between genders."""
    if len(word) <= _SHORTEST_STEM or not word.isalpha():
        return word
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith("es") and len(word) > 5 and word[-3] not in "aeiou":
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending, english in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            word = word[: -len(ending)] + english
            break
    if len(word) > 4 and word[-1] in "aoe":
        word = word[:-1]
    word = word.replace("ph", "f").replace("th", "t").replace("ch", "c").replace("k", "c").replace("z", "s")
    word = word.replace("y", "i").replace("qu", "c")
    word = "".join(letter for at, letter in enumerate(word) if at == 0 or letter != word[at - 1])
    return word[1:] if word.startswith("es") and len(word) > 4 and word[2] not in "aeious" else word


class _Forms(NamedTuple):
    """The concept of every listed form as it stands, of what it is folded to, and of every listed verb by its stem."""

    exact: dict[str, str]
    folded: dict[str, str]
    verbs: dict[str, str]

    @classmethod
    def of(cls, concepts: Mapping[str, str]) -> Self:
        """Of several concepts of one form the first listed counts."""
        forms = cls({}, {}, {})
        for concept, listed in concepts.items():
            for form in map(plain, (concept, *listed.split())):
                forms.exact.setdefault(form, concept)
                forms.folded.setdefault(_fold(form), concept)
                if form.endswith(("ar", "er", "ir")):
                    for stem in _stems(form[:-2]):
                        forms.verbs.setdefault(stem, concept)
        return forms

    def conjugated(self, word: str) -> str | None:
        """The concept of a form of a listed Spanish verb: `fortalecidas`, `fortalezcan`."""
        for ending in _VERB_ENDINGS:
            if word.endswith(ending):
                found = self.verbs.get(word[: -len(ending)])
                if found is not None:
                    return found
        return None


def _stems(stem: str) -> tuple[str, ...]:
    """A verb's stem as its forms spell it: `fortalec`, `fortalezc`; none for a short one."""
    if len(stem) < _SHORTEST_VERB:
        return ()
    spelled = {"c": ("zc", "qu"), "g": ("gu", "j"), "z": ("c",)}.get(stem[-1], ())
    return (stem, *(stem[:-1] + end for end in spelled))


_FORMS: Final = _Forms.of(_GLOSSARY["concepts"])
_PHRASE_CONCEPTS: Final = frozenset(phrase for phrase in _GLOSSARY["phrases"] if " " not in phrase)
COMMON: Final = frozenset(_GLOSSARY["common"])
"""The terms that most titles of the field have: all others count at least `KNOWN_WEIGHT`."""
_FREQUENT: Final = frozenset(_GLOSSARY["frequent"])
_KNOWN: Final = frozenset(_GLOSSARY["concepts"]) | _PHRASE_CONCEPTS


def _phrases() -> Phrases:
    known: dict[str, str] = {}
    for concept, phrases in _GLOSSARY["phrases"].items():
        for phrase in phrases:
            known[" ".join(word for word in plain(phrase).split() if word not in _STOP)] = concept
    return Phrases(known)


_PHRASES: Final = _phrases()


@lru_cache(maxsize=65536)
def concept_of(word: str) -> str:
    """The concept of a plain word: the glossary's, or else the word folded."""
    if word in _PHRASE_CONCEPTS:
        return word
    if word in _FORMS.exact:
        return _FORMS.exact[word]
    folded = _fold(word)
    return _FORMS.folded.get(folded) or _FORMS.conjugated(word) or folded


def concepts_in(words: Iterable[str]) -> list[str]:
    """The concepts of plain words, in order; stop words vanish."""
    replaced = _PHRASES.replace([word for word in words if word not in _STOP])
    return [concept_of(word) for meaning in replaced for word in meaning.split()]


def is_known(concept: str) -> bool:
    """Whether a concept is a term of the glossary."""
    return concept in _KNOWN


def is_special(concept: str) -> bool:
    """Whether a concept is a term that few works of the field have."""
    return concept in _KNOWN and weight_of(concept) >= SPECIAL_WEIGHT


@lru_cache(maxsize=65536)
def weight_of(concept: str) -> float:
    """How much a concept says about which work it is."""
    if concept in COMMON:
        return COMMON_WEIGHT
    if concept in _PHRASE_CONCEPTS:
        return KNOWN_WEIGHT * 1.5
    if concept in _FREQUENT or len(concept) <= 2:
        return KNOWN_WEIGHT
    return SPECIAL_WEIGHT if concept in _KNOWN else RARE_WEIGHT
