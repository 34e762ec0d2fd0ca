"""Words of Spanish and English as concepts: one spelling for a word of the field, whatever language told it.

A committed glossary joins the field's terms; what it does not know is folded, so that cognates meet
(`prevención`, `prevention`). How much a concept says is committed too: never how often it happens to be reported.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, Self

from istmo_registry.domain.data import read_data
from istmo_registry.domain.phrases import Phrases

__all__ = [
    "COMMON",
    "COMMON_WEIGHT",
    "KNOWN_WEIGHT",
    "PHRASE_WEIGHT",
    "RARE_WEIGHT",
    "SPECIAL_WEIGHT",
    "concept_of",
    "concepts_in",
    "is_known",
    "is_special",
    "plain",
    "plain_word",
    "weight_of",
    "without_dots",
]

COMMON_WEIGHT: Final = 0.375
"""What a word counts that most titles of the field have. All weights are eighths: sums are exact in whatever order."""
KNOWN_WEIGHT: Final = 1.0
"""What a term counts that many works of the field have."""
SPECIAL_WEIGHT: Final = 1.375
"""What any other term of the glossary counts."""
PHRASE_WEIGHT: Final = 1.5
"""What a phrase counts that is one term."""
RARE_WEIGHT: Final = 1.625
"""What a word counts that the glossary does not know: mostly a name."""

_GLOSSARY: Final[dict[str, Any]] = read_data("glossary.json")
_STOP: Final = frozenset(read_data("words.json")["stop"])
_WORDS: Final = re.compile(r"[^\W_]+")
_COMBINING: Final = re.compile(r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
_ACRONYM: Final = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_POSSESSIVE: Final = re.compile(r"(?<=\w)['’´`][sS]\b")

# Of Spanish endings, the longest first: what English has in their place.
_ENDINGS: Final = (
    ("logia", "logi"), ("grafia", "grafi"), ("aciones", "ation"), ("acion", "ation"), ("ciones", "tion"),
    ("cion", "tion"), ("siones", "sion"), ("idades", "iti"), ("idad", "iti"), ("ity", "iti"), ("dades", "ti"),
    ("encia", "enc"), ("ancia", "anc"), ("ence", "enc"), ("ance", "anc"), ("ency", "enc"), ("ancy", "anc"),
    ("amiento", ""), ("imiento", ""), ("ment", ""), ("icos", "ic"), ("icas", "ic"), ("ical", "ic"), ("ico", "ic"),
    ("ica", "ic"), ("ivos", "iv"), ("ivas", "iv"), ("ivo", "iv"), ("iva", "iv"), ("ive", "iv"), ("arios", "ari"),
    ("arias", "ari"), ("ario", "ari"), ("aria", "ari"), ("orio", "ori"), ("oria", "ori"), ("ando", ""),
    ("iendo", ""), ("ing", ""), ("osos", "ous"), ("osas", "ous"), ("oso", "ous"), ("osa", "ous"),
    ("mente", ""), ("ally", "al"), ("izar", "iz"), ("ificar", "ifi"), ("ador", "ator"), ("adora", "ator"),
    ("ado", "at"), ("ada", "at"), ("aje", "ag"), ("ismo", "ism"), ("ista", "ist"), ("ia", "i"), ("y", "i"), ("ed", ""),
)  # fmt: skip
_SHORTEST_STEM: Final = 3

# What verbs end in, and nouns made of them; the longest first.
_VERB_ENDINGS: Final = (
    "imientos", "amientos", "imiento", "amiento", "aciones", "ations", "edores", "adores", "idores", "edoras",
    "adoras", "ieron", "acion", "iendo", "ieran", "arlos", "arlas", "erlos", "irlos", "edora", "adora", "antes",
    "entes", "ables", "ibles", "ation", "ating", "ators", "aron", "aran", "eran", "iran", "aban", "ando",
    "ados", "adas", "idos", "idas", "arse", "erse", "irse", "edor", "ador", "idor", "ante", "ente", "able",
    "ible", "ated", "ates", "ator", "ado", "ada", "ate", "ing", "ido", "ida", "ara", "era", "ira", "aba", "ian",
    "ed", "es", "io", "ia", "an", "en", "ar", "er", "ir", "o", "a", "e",
)  # fmt: skip
_SHORTEST_VERB: Final = 4


def plain(text: str) -> str:
    """Lower case letters and digits without accents; all else is one space; `U.S.` is a word, `women's` is `women`."""
    folded = without_dots(_POSSESSIVE.sub("", text)).casefold()
    if not folded.isascii():
        folded = _COMBINING.sub("", unicodedata.normalize("NFKD", folded))
    return " ".join(_WORDS.findall(folded))


@lru_cache(maxsize=65536)
def plain_word(word: str) -> str:
    """A single word in plain spelling, without what stands between its letters."""
    return plain(word).replace(" ", "")


def without_dots(text: str) -> str:
    """A text with its acronyms in one piece: `G.R.E.A.T.` is `GREAT`."""
    return _ACRONYM.sub(lambda acronym: acronym.group().replace(".", ""), text)


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
    word = word.replace("y", "i").replace("qu", "c").replace("nm", "m")
    word = word.replace("cua", "ca").replace("cue", "ce").replace("cuo", "co")
    word = "".join(letter for at, letter in enumerate(word) if at == 0 or letter != word[at - 1])
    return word[1:] if word.startswith("es") and len(word) > 4 and word[2] not in "aeious" else word


class _Forms(NamedTuple):
    """Concepts by listed form as it stands, by what it is folded to, and by the stem of a verb or of its noun."""

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
                for noun_or_verb in ("acion", "ation", "ar", "er", "ir"):
                    if form.endswith(noun_or_verb):
                        for stem in _stems(form.removesuffix(noun_or_verb)):
                            forms.verbs.setdefault(stem, concept)
        return forms

    def concept_of(self, word: str) -> str | None:
        """The concept of a plain word, if it is listed: as it stands before its singular, and that before folded."""
        for form in (word, *_singulars(word)):
            if form in self.exact:
                return self.exact[form]
        return self.folded.get(_fold(word)) or self._conjugated(word)

    def _conjugated(self, word: str) -> str | None:
        """The concept of a form of a listed verb or of its noun: `fortalecidas`, `fortalezcan`, `coordinated`."""
        for ending in _VERB_ENDINGS:
            if word.endswith(ending):
                found = self.verbs.get(word[: -len(ending)])
                if found is not None:
                    return found
        return None


def _singulars(word: str) -> Iterator[str]:
    """What a word may be the plural of: `capaces` of `capaz`."""
    for plural, singular in (("ces", "z"), ("s", ""), ("es", "")):
        if word.endswith(plural):
            yield word[: -len(plural)] + singular


def _stems(stem: str) -> tuple[str, ...]:
    """A verb's stem as its forms spell it: `fortalec`, `fortalezc`; none for a short one."""
    if len(stem) < _SHORTEST_VERB:
        return ()
    spelled = {"c": ("zc", "qu"), "g": ("gu", "j"), "z": ("c",)}.get(stem[-1], ())
    return (stem, *(stem[:-1] + end for end in spelled))


_FORMS: Final = _Forms.of(_GLOSSARY["concepts"])
COMMON: Final = frozenset(_GLOSSARY["common"])
"""The terms that most titles of the field have: all others count at least `KNOWN_WEIGHT`."""
_FREQUENT: Final = frozenset(_GLOSSARY["frequent"])
_PHRASE_CONCEPTS: Final = frozenset(
    meaning for meaning in _GLOSSARY["phrases"] if " " not in meaning and meaning not in _FORMS.exact
)
_KNOWN: Final = frozenset(_GLOSSARY["concepts"]) | _PHRASE_CONCEPTS
_SHORT_FOR: Final[dict[str, str]] = {
    plain(phrase): meaning for meaning, listed in _GLOSSARY["phrases"].items() for phrase in listed if " " not in phrase
}
"""Single words that stand for what phrases mean: mostly initials."""


@lru_cache(maxsize=65536)
def concept_of(word: str) -> str:
    """The concept of a plain word: the glossary's, or else the word folded; of initials all, between spaces."""
    if word in _SHORT_FOR:
        return " ".join(map(concept_of, _SHORT_FOR[word].split()))
    return word if word in _PHRASE_CONCEPTS else _FORMS.concept_of(word) or _fold(word)


def _phrases() -> Phrases:
    """Every phrase as the concepts of its words, so that whatever other words have these are the same phrase."""
    return Phrases(
        {
            " ".join(concept_of(word) for word in plain(phrase).split() if word not in _STOP): " ".join(
                map(concept_of, meaning.split())
            )
            for meaning, listed in _GLOSSARY["phrases"].items()
            for phrase in listed
            if " " in phrase
        }
    )


_PHRASES: Final = _phrases()


def concepts_in(words: Iterable[str]) -> list[str]:
    """The concepts of plain words, in order; stop words vanish."""
    replaced = _PHRASES.replace([concept_of(word) for word in words if word not in _STOP])
    return [concept for meaning in replaced for concept in meaning.split()]


def is_known(concept: str) -> bool:
    """Whether a concept, or what initials stand for, is a term of the glossary."""
    return concept in _KNOWN or " " in concept


def is_special(concept: str) -> bool:
    """Whether a concept is a term that few works of the field have."""
    return concept in _KNOWN and weight_of(concept) >= SPECIAL_WEIGHT


@lru_cache(maxsize=65536)
def weight_of(concept: str) -> float:
    """How much a concept says about which work it is."""
    if concept in COMMON:
        return COMMON_WEIGHT
    if concept in _FREQUENT or len(concept) <= 2:
        return KNOWN_WEIGHT
    if concept in _PHRASE_CONCEPTS:
        return PHRASE_WEIGHT
    return SPECIAL_WEIGHT if concept in _KNOWN else RARE_WEIGHT
