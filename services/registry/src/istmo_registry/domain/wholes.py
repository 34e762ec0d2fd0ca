"""What texts say of the work that theirs belongs to: of what it is a part, and whether it goes on with another."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import zip_longest
from typing import Any, Final

from istmo_registry.domain.data import read_data
from istmo_registry.domain.gazetteer import strip_places
from istmo_registry.domain.phrases import Phrases
from istmo_registry.domain.words import COMMON, KNOWN_WEIGHT, concepts_in, plain, weight_of

__all__ = ["continues", "wholes_in"]

_LISTS: Final[dict[str, Any]] = read_data("words.json")
_PARTS: Final = frozenset(_LISTS["part_words"])
_COMPONENTS: Final = frozenset(_LISTS["component_words"])
_WORKS: Final = frozenset(_LISTS["whole_words"])
_TURNS: Final = frozenset(_LISTS["turning_words"])
"""Where a sentence goes on to something else than the whole."""
_BELONGING: Final = frozenset({"de", "del", "of", "under", "bajo"})
_SHORT: Final = 2
"""Words of so few letters are numbers, and pieces of codes."""
_LONGEST: Final = 12
_MOST: Final = 4
_CONTINUING: Final = Phrases({plain(phrase): ">" for phrase in _LISTS["continuing"]})
_PIECES: Final = re.compile(r"[;:,()\[\]|\n]|\.(?!\w)|\s[-–—]\s")
_ACRONYM: Final = re.compile(r"\b[A-ZÁÉÍÓÚÑ][A-Z0-9ÁÉÍÓÚÑ-]{2,}\b|\b\d+[\dA-Z/.-]*[-/][\dA-Z/.-]+\b")


@lru_cache(maxsize=4096)
def wholes_in(text: str) -> tuple[frozenset[str], ...]:
    """What `text` says that its work is a part of, as concepts: `component 2 of the wildlife and timber programme`.

    Only what is called a work (a programme, a loan, a plan) and something more, or has an acronym beside the component.
    """
    found = (whole for piece in _PIECES.split(text) for whole in _of_piece(piece))
    return tuple(dict.fromkeys(found))[:_MOST]


def _of_piece(piece: str) -> Iterator[frozenset[str]]:
    words = plain(piece).split()
    if _PARTS.isdisjoint(words):
        return
    acronyms = frozenset(word for name in _ACRONYM.findall(piece) for word in plain(name).split())
    for at, word in enumerate(words):
        if word in _COMPONENTS:
            # `componente 2 de INFOSEG`, `PICSEC Component 3`: what stands farther off is somebody's name.
            near = [*words[max(at - 1, 0) : at], *words[at + 1 : at + 4]]
            yield from filter(None, (_concepts([name]) for name in near if name in acronyms))
    first = next(at for at, word in enumerate(words) if word in _PARTS)
    begins = [at + 1 for at, word in enumerate(words) if at >= first and word in _BELONGING]
    for begin, end in zip_longest(begins, begins[1:]):
        # `de caminos del programa territorial`: the second one is the whole.
        if end is None or not _is_work(words[end:]):
            yield from filter(None, [_whole(words[begin : begin + _LONGEST])])


def _is_work(words: Sequence[str]) -> bool:
    return any(word in _WORKS for word in words[:2])


def _whole(words: Sequence[str]) -> frozenset[str]:
    """What the words after `of` name, up to where the sentence turns; nothing where that is no work."""
    turn = next((at for at, word in enumerate(words) if word in _TURNS), len(words))
    words = words[:turn]
    work = next((at for at, word in enumerate(words) if word in _WORKS), None)
    if work is None:
        return frozenset()
    # Spanish says first that it is a work, English last.
    return _concepts(words if _is_work(words) else words[:work])


def _concepts(words: Sequence[str]) -> frozenset[str]:
    named = strip_places([word for word in words if word not in _WORKS and len(word) > _SHORT])
    concepts = frozenset(concepts_in(named)) - COMMON
    return concepts if sum(map(weight_of, concepts)) >= KNOWN_WEIGHT else frozenset()


@lru_cache(maxsize=4096)
def continues(text: str) -> bool:
    """Whether a text says that its work goes on with an earlier one: `follow-on`, `segunda etapa`, `da continuidad`."""
    return any(True for _ in _CONTINUING.find(plain(text).split()))
