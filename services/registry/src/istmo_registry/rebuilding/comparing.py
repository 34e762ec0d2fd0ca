"""The live export against that of the rebuild: equal, or what differs."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

__all__ = ["Differences", "compare"]

_MOST_SHOWN: Final = 20
_LONGEST_SHOWN: Final = 400


@dataclass(frozen=True, slots=True)
class Differences:
    """`live` and `rebuilt`: lines of the export that only one of them has.

    `programmes` and `findings` are numbers of events to be published; `organisations` of records and merges of the
    directory that are not what the log says.
    """

    live: tuple[str, ...]
    rebuilt: tuple[str, ...]
    programmes: int
    findings: int
    organisations: int

    def __bool__(self) -> bool:
        return bool(self.live or self.rebuilt or self.programmes or self.findings or self.organisations)

    def words(self) -> Iterator[str]:
        """What differs, by kind of line, then some of the lines themselves (`-`: live, `+`: rebuilt)."""
        removed, added = _by_type(self.live), _by_type(self.rebuilt)
        for type_ in sorted(removed.keys() | added.keys()):
            yield f"{type_}: {removed[type_]} only in the live tables, {added[type_]} only in the rebuilt ones"
        if self.organisations:
            yield f"organisations: {self.organisations} records and merges are not what the log says"
        yield f"to be published anew: {self.programmes} programmes, {self.findings} findings"
        lines = sorted([*((line, "-") for line in self.live), *((line, "+") for line in self.rebuilt)])
        for line, sign in lines[:_MOST_SHOWN]:
            yield f"{sign} {line if len(line) <= _LONGEST_SHOWN else line[:_LONGEST_SHOWN] + '…'}"
        if len(lines) > _MOST_SHOWN:
            yield f"and {len(lines) - _MOST_SHOWN} lines more"


def compare(
    live: Iterable[str], rebuilt: Iterable[str], programmes: int, findings: int, organisations: int
) -> Differences:
    """What differs between two exports."""
    before, after = Counter(live), Counter(rebuilt)
    return Differences(
        tuple(sorted((before - after).elements())),
        tuple(sorted((after - before).elements())),
        programmes,
        findings,
        organisations,
    )


def _by_type(lines: Iterable[str]) -> Counter[str]:
    return Counter(str(json.loads(line)["type"]) for line in lines)
