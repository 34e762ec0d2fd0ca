"""Known phrases in a row of words: the longest that begins at each word is replaced."""

from collections.abc import Iterator, Mapping, Sequence

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
        passed = 0
        for at, length, meaning in self._found(words):
            replaced += words[passed:at]
            replaced.append(meaning)
            passed = at + length
        replaced += words[passed:]
        return replaced

    def find(self, words: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Where known phrases begin, and what stands for each."""
        return ((at, meaning) for at, _, meaning in self._found(words))

    def _found(self, words: Sequence[str]) -> Iterator[tuple[int, int, str]]:
        """Where each begins, how many words it has, and what stands for it; none begins within another."""
        free = 0
        for at in [at for at, word in enumerate(words) if word in self._by_first]:
            if at < free:
                continue
            for phrase, meaning in self._by_first[words[at]]:
                if tuple(words[at : at + len(phrase)]) == phrase:
                    free = at + len(phrase)
                    yield at, len(phrase), meaning
                    break
