"""Known phrases in a row of words: the longest that begins at each word is replaced."""

from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Phrases"]


class Phrases:
    """Phrases and what stands for each. Built once; looking up costs one dictionary access for each word."""

    def __init__(self, phrases: Mapping[str, str]) -> None:
        """`phrases`: what stands for each phrase, which is plain words between single spaces."""
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for phrase, meaning in phrases.items():
            words = tuple(phrase.split())
            if words:
                self._by_first.setdefault(words[0], []).append((words, meaning))
        for known in self._by_first.values():
            known.sort(key=lambda entry: (-len(entry[0]), entry))

    def replace(self, words: Sequence[str]) -> list[str]:
        """The words with every known phrase replaced by what stands for it."""
        replaced: list[str] = []
        at = 0
        while at < len(words):
            length, meaning = self._longest(words, at)
            replaced.append(words[at] if meaning is None else meaning)
            at += length
        return replaced

    def find(self, words: Sequence[str]) -> Iterable[tuple[int, str]]:
        """Where known phrases begin, and what stands for each."""
        at = 0
        while at < len(words):
            length, meaning = self._longest(words, at)
            if meaning is not None:
                yield at, meaning
            at += length

    def _longest(self, words: Sequence[str], at: int) -> tuple[int, str | None]:
        for phrase, meaning in self._by_first.get(words[at], ()):
            if tuple(words[at : at + len(phrase)]) == phrase:
                return len(phrase), meaning
        return 1, None
